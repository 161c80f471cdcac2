//! `docs/arrays.md` is generated from the op tables and from the doc comments of `src/array`; `TILEWORK_UPDATE_DOCS=1` writes it anew.
//!
//! Every function that gives an array, or an output to write one to, says under `# Chunks` how its result is cut and what a task holds.
//! The README's tour of arrays is `examples/tour.rs`, which is run.

mod source;
#[path = "../examples/tour.rs"]
mod tour;

use source::Function;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tilework::DType;
use tilework::kernel::element::ElementOp;
use tilework::op::{block, element, reduction, scan, sort};

/// Titles, and what stands under each: files of `src/array`, folders, and functions that stand elsewhere than their file.
const AREAS: &[(&str, &[&str])] = &[
    ("Creation", &["create.rs", "diag.rs"]),
    ("Files", &["io.rs", "variable.rs", "zarr_part.rs"]),
    ("Looking and running", &["dynamic.rs", "typed.rs"]),
    ("Elementwise", &["ops.rs", "compose.rs", "equal.rs"]),
    ("Reductions and statistics", &["ops.rs reduce", "reduction.rs", "statistics.rs", "groups.rs"]),
    ("Statistical tests", &["stats.rs", "stats"]),
    ("Scans and differences", &["difference.rs"]),
    ("Curves and polynomials", &["curve.rs"]),
    ("Axes, shapes and joins", &["axes.rs", "shape.rs", "join.rs", "split.rs", "recut.rs", "block.rs", "pad.rs"]),
    ("Indexing", &["take.rs", "set.rs", "positions.rs", "index.rs"]),
    ("Sizes that depend on data", &["unknown.rs"]),
    ("Order, quantiles and sets", &["sort.rs", "lexsort.rs", "topk.rs", "quantile.rs", "unique.rs"]),
    ("Counting and searching", &["counting.rs", "lookup.rs"]),
    ("Filters and windows", &["filter", "label.rs", "windows.rs"]),
    ("Linear algebra", &["linalg"]),
    ("Fourier transforms", &["fft.rs"]),
    ("Random numbers", &["random.rs", "random"]),
    ("Masked arrays", &["masked.rs", "masked"]),
    ("Functions of your own", &["blocks.rs", "blocks"]),
];

const HEAD: &str = "# Arrays

Every function of `tilework::array`, generated from the op tables and the doc comments; `cargo doc` has arguments, errors and examples. `.name` is a \
method of the arrays. Options that are set one by one (`Filter`, `Reduction`, …) are left out.

*Chunks* says how the result is cut, *a task holds* what one task has in memory at a time: this, times the threads, is what a budget must have room for. \
Where nothing is said, that is a chunk of each input and of the result, or as in the function named. *Elementwise* means that each element comes \
from those at its place: chunks are those of the inputs, at their common boundaries, and what is elementwise before and after is done in the \
same task, and not stored. What is known by another name in NumPy, or comes from another library, says so.
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Source files below a folder, in order of their names.
fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    for path in all {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// A function and its file, as a path below `src/array`.
struct Entry {
    file: String,
    function: Function,
}

impl Entry {
    fn is_op_table(&self) -> bool {
        self.function.name.starts_with('$')
    }

    /// The number of the area that lists it, and its place there.
    fn place(&self) -> (usize, usize) {
        let own = format!("{} {}", self.file, self.function.name);
        let folder = self.file.split('/').next().unwrap_or("");
        let by = |key: &str| AREAS.iter().enumerate().find_map(|(a, (_, keys))| Some((a, keys.iter().position(|k| *k == key)?)));
        by(&own).or_else(|| by(folder)).unwrap_or_else(|| panic!("tests/docs.rs names no area for src/array/{}", self.file))
    }

    /// How it is called.
    fn called(&self, exported: &BTreeSet<String>) -> String {
        let Function { of, name, signature, .. } = &self.function;
        let module = self.file.split(['/', '.']).next().unwrap_or("");
        match of.as_deref() {
            Some("DynArray") if signature.contains("self") => format!(".{name}"),
            Some(of) => format!("{of}::{name}"),
            None if exported.contains(&format!("{module}::{name}")) => name.clone(),
            None => format!("{module}::{name}"),
        }
    }

    /// Whether it must say what chunks come out.
    fn gives_an_array(&self) -> bool {
        let result = self.function.signature.split_once("->").map_or("", |r| r.1);
        let given = ["DynArray", "Masked", "Windows", "Unique", "Array<", "Expr>"];
        !result.contains('&') && given.iter().any(|g| result.contains(g))
    }
}

fn entries() -> Vec<Entry> {
    let folder = root().join("src/array");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let texts: Vec<(String, String)> = paths
        .iter()
        .map(|p| (p.strip_prefix(&folder).unwrap().to_str().unwrap().to_string(), read(p)))
        .filter(|(file, _)| !file.ends_with("mod.rs"))
        .collect();
    let public: BTreeSet<String> = texts.iter().flat_map(|(_, t)| source::types(t)).collect();
    let all = texts
        .iter()
        .flat_map(|(file, text)| source::functions(text).into_iter().map(|function| Entry { file: file.clone(), function }));
    let listed = |f: &Function| f.of.as_ref().is_none_or(|of| public.contains(of)) && !f.signature.contains("(mut self");
    all.filter(|e| listed(&e.function)).collect()
}

/// Markdown that stands in a table: links as what they show, no bars.
fn cell(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        let (name, after) = after.split_once("`]").unwrap_or((after, ""));
        let _ = write!(out, "{before}`{name}`");
        rest = if after.starts_with('(') { after.split_once(')').map_or("", |a| a.1) } else { after };
    }
    (out + rest).replace("`DynArray::", "`").replace('|', "\\|")
}

/// The library and the name there that a doc comment gives, as "NumPy's `name`" or "`numpy.name`": the function's own if it is there.
fn counterpart(f: &Function) -> String {
    let text = f.docs.split("\n# ").next().unwrap_or("").replace('\n', " ");
    let mut found: Vec<(usize, String, &str)> = Vec::new();
    let marks = [("NumPy's `", ""), ("`numpy.ma`'s `", "ma."), ("`numpy.", ""), ("SciPy's `", "SciPy "), ("Dask's `", "Dask ")];
    for (mark, library) in marks.into_iter().chain([("the Array API's `", "Array API "), ("xarray's `", "xarray ")]) {
        let rests = text.match_indices(mark).map(|(i, _)| (i, &text[i + mark.len()..]));
        found.extend(
            rests.filter_map(|(i, rest)| Some((i, rest.split_once('`')?.0.trim_start_matches("random.").to_string(), library))),
        );
    }
    found.sort();
    let own = |name: &str| name.rsplit('.').next() == Some(f.name.trim_end_matches('_'));
    let best = found.iter().find(|x| own(&x.1)).or(found.first());
    best.map_or(String::new(), |(_, name, library)| match library.strip_suffix(' ') {
        Some(library) => format!("{library} `{name}`"),
        None => format!("`{library}{name}`"),
    })
}

/// The first sentence, without the name in another library, which has a column of its own.
fn meaning(f: &Function) -> String {
    let text = f.opening();
    let end = text.match_indices(['.', ';']).find(|&(i, mark)| {
        let rest = &text[i + 1..];
        let name =
            ["NumPy's `", "`numpy", "Dask's `", "SciPy's `", "the Array API's `"].iter().any(|n| rest.trim_start().starts_with(n));
        rest.is_empty() || mark == "." && rest.starts_with(' ') && !text[..i].ends_with("scipy") || mark == ";" && name
    });
    format!("{}.", text[..end.map_or(text.len(), |e| e.0)].trim_end_matches('.'))
}

/// What is said of chunks, and what of the memory of tasks: clauses that begin with "a task" and what follows them in the sentence.
fn chunks_and_memory(text: &str) -> (String, String) {
    let (mut chunks, mut memory) = (Vec::new(), Vec::new());
    for sentence in text.split_inclusive(". ") {
        let clause = |t: usize| {
            sentence[..t].rmatch_indices([';', ':']).find(|(c, _)| sentence[*c + 1..].starts_with(' ')).map_or(0, |(c, _)| c + 2)
        };
        let at = sentence.find("task").map_or(sentence.len(), clause);
        let (of_chunks, of_tasks) = sentence.split_at(at);
        chunks.push(of_chunks.trim().to_string());
        memory.push(of_tasks.trim().to_string());
    }
    (joined(chunks), joined(memory))
}

/// Clauses as sentences, "a task holds" being said by the column.
fn joined(parts: Vec<String>) -> String {
    let sentence = |part: &String| {
        let text = part.trim_end_matches(['.', ';', ':']);
        let text = ["A task holds ", "a task holds "].iter().find_map(|p| text.strip_prefix(p)).unwrap_or(text);
        let mut letters = text.chars();
        letters.next().map(|c| format!("{}{}.", c.to_uppercase(), letters.as_str()))
    };
    parts.iter().filter_map(sentence).collect::<Vec<_>>().join(" ")
}

/// The rows of tables of operations, which share what they say of chunks.
fn table<'a>(out: &mut String, said: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) {
    let _ = writeln!(out, "{}\n\n| name | what |\n|---|---|", cell(said));
    for (name, doc) in rows {
        let _ = writeln!(out, "| `.{name}` | {doc} |");
    }
    out.push('\n');
}

/// Whether an elementwise op makes its elements from their places: random numbers, which methods of generators give.
fn is_made(op: &ElementOp) -> bool {
    format!("{:?}", op.rule).starts_with("Generate")
}

/// The op tables of an area; `said` gives what a method of the table's macro says.
fn op_tables(out: &mut String, area: &str, said: &[String]) {
    match area {
        "Elementwise" => {
            let [one, two, ..] = said else { panic!("three macros make the elementwise methods") };
            let _ = writeln!(out, "Of one argument: {}\n\nOf several: {}\n", cell(one), cell(two));
            out.push_str("| name | arguments | dtypes | complex | what |\n|---|---|---|---|---|\n");
            for op in element::ALL.iter().filter(|op| !is_made(op)) {
                let complex = if op.resolve(&vec![DType::C128; op.arity]).is_ok() { "yes" } else { "" };
                let dot = if op.name == "where" { "" } else { "." };
                let _ = writeln!(out, "| `{dot}{}` | {} | {:?} | {complex} | {} |", op.name, op.arity, op.rule, op.doc);
            }
            out.push_str(DTYPES);
        }
        "Reductions and statistics" => table(out, &said[3], reduction::ALL.iter().map(|op| (op.name, op.doc))),
        "Scans and differences" => table(out, &said[4], scan::ALL.iter().map(|op| (op.name, op.doc))),
        _ => {}
    }
}

const DTYPES: &str = "
Dtypes: `Same` promotes the arguments and gives that dtype; `Float` computes integers as float64; `First` does so by the first argument alone; \
`Double` gives float64 always (complex128 of complex numbers); `Part` and `FloatPart` are as `Same` and `Float`, but of complex numbers \
give the float of their parts; `Compare`, `Test` and `Logical` give bool; \
`Bits` takes integers and bool; `Count` does too and gives uint8; `Choose` promotes the last two.

";

fn page() -> String {
    let (entries, exported) = (entries(), exported());
    let lacking = entries.iter().filter(|e| e.gives_an_array() && e.function.section("Chunks").is_none());
    let lacking: Vec<String> = lacking.map(|e| format!("{} in src/array/{}", e.called(&exported), e.file)).collect();
    assert!(lacking.is_empty(), "no `# Chunks` in the doc comments of: {}", lacking.join(", "));
    let said: Vec<String> =
        entries.iter().filter(|e| e.is_op_table() && e.file == "ops.rs").filter_map(|e| e.function.section("Chunks")).collect();
    let mut out = String::from(HEAD);
    for (area, (title, _)) in AREAS.iter().enumerate() {
        let _ = writeln!(out, "\n## {title}\n");
        op_tables(&mut out, title, &said);
        out.push_str("| name | NumPy | what | chunks | a task holds |\n|---|---|---|---|---|\n");
        let mut rows: Vec<&Entry> =
            entries.iter().filter(|e| e.place().0 == area && !(e.is_op_table() && e.file == "ops.rs")).collect();
        rows.sort_by_key(|e| e.place().1);
        for e in rows {
            let f = &e.function;
            let (chunks, memory) = chunks_and_memory(&f.section("Chunks").unwrap_or_default());
            let (name, what) = if e.is_op_table() {
                let n = if f.signature.contains("other") { "two arguments" } else { "one argument" };
                (format!("`Masked::…`, operations of {n}"), "Those of the elementwise table, by the same names.".to_string())
            } else {
                (format!("`{}`", e.called(&exported)), meaning(f))
            };
            let _ = writeln!(out, "| {name} | {} | {} | {} | {} |", counterpart(f), cell(&what), cell(&chunks), cell(&memory));
        }
    }
    out.push_str("\n## Names in plans\n\nOther names that `explain`, reports and errors use.\n\n| name | what |\n|---|---|\n");
    let made = element::ALL.iter().filter(|op| is_made(op)).map(|op| (op.name, op.doc));
    let blocks = block::all().map(|op| (op.name, op.doc)).chain(sort::SHUFFLES.iter().map(|op| (op.name, op.doc)));
    for (name, doc) in made.chain(blocks) {
        let _ = writeln!(out, "| `{name}` | {doc} |");
    }
    out
}

/// What `tilework::array` itself names, with the modules that it is from.
fn exported() -> BTreeSet<String> {
    let text = read(&root().join("src/array/mod.rs"));
    let uses = text.split("\npub use ").skip(1).filter_map(|t| t.split(';').next()?.split_once("::"));
    let names = |(module, names): (&str, &str)| -> Vec<String> {
        let words = names.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.map(|w| format!("{module}::{w}")).collect()
    };
    uses.flat_map(names).collect()
}

#[test]
fn the_page_of_arrays_is_fresh() {
    let path = root().join("docs/arrays.md");
    let page = page();
    if std::env::var_os("TILEWORK_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(have == page, "docs/arrays.md is stale: run the tests once with TILEWORK_UPDATE_DOCS=1");
}

#[test]
fn the_tour_of_the_readme_is_the_example_and_runs() {
    let code = read(&root().join("examples/tour.rs"));
    let (_, code) = code.split_once("\n\n").expect("an empty line behind the head");
    assert!(read(&root().join("README.md")).contains(code), "README.md does not show examples/tour.rs as it is");
    tour::main().unwrap();
}
