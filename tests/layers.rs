//! The house rules that a compiler does not check: layers, file lengths, where `unsafe` may be, no globs, no bare `unwrap`.
//!
//! Sources are read as text, line by line; what stands behind `#[cfg(test)]` and in test files is not looked at.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders with their level, and what they may use of their own level or in a way that the numbers do not say.
const LEVELS: &[(&str, u32)] = &[
    ("base", 0),
    ("chunk", 1),
    ("graph", 1),
    ("store", 1),
    ("kernel", 2),
    ("spill", 2),
    ("sched", 2),
    ("expr", 3),
    ("wire", 3),
    ("op", 4),
    ("format", 4),
    ("optimize", 5),
    ("plan", 5),
    ("exec", 6),
    ("session", 7),
    ("array", 8),
    ("frame", 8),
    ("bag", 8),
    ("delayed", 8),
    ("raster", 9),
    ("convert", 9),
    ("dashboard", 10),
    // The program shows and writes what the dashboard records.
    ("cli", 11),
    ("bin", 11),
];

/// What lies beside the folders: the crate's own exports come from these levels.
const EXPORTS: &[(&str, u32)] = &[
    ("Error", 0),
    ("ErrorKind", 0),
    ("Result", 0),
    ("Config", 0),
    ("DType", 0),
    ("Element", 0),
    ("Scalar", 0),
    ("for_dtype", 0),
    ("for_real", 0),
    ("format_bytes", 0),
    ("parse_bytes", 0),
    ("Chunks", 3),
    ("Session", 7),
];

struct File {
    path: PathBuf,
    folder: String,
    text: String,
}

impl File {
    /// The lines that ship, with their numbers.
    fn shipped(&self) -> Vec<(usize, &str)> {
        let mut out = Vec::new();
        let mut lines = self.text.lines().enumerate().peekable();
        while let Some((i, line)) = lines.next() {
            if line.trim() == "#[cfg(test)]" {
                // Tests are a module at the end of the file, or a declaration of one line.
                match lines.peek() {
                    Some((_, next)) if next.trim_end().ends_with(';') => {
                        lines.next();
                        continue;
                    }
                    _ => break,
                }
            }
            out.push((i + 1, line));
        }
        out
    }

    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.strip_prefix(root()).unwrap_or(&self.path).display())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_test_file(path: &Path) -> bool {
    let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    name == "tests" || name.ends_with("_tests") || path.components().any(|c| c.as_os_str() == "tests")
}

fn files() -> Vec<File> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        for e in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            if e.is_dir() {
                walk(&e, out);
            } else if e.extension().is_some_and(|x| x == "rs") {
                out.push(e);
            }
        }
    }
    let src = root().join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    paths.sort();
    let file = |path: PathBuf| {
        let first = path.strip_prefix(&src).unwrap().components().next().unwrap().as_os_str().to_str().unwrap().to_string();
        File { text: fs::read_to_string(&path).unwrap(), folder: first, path }
    };
    paths.into_iter().map(file).collect()
}

fn level(folder: &str) -> Option<u32> {
    LEVELS.iter().find(|(f, _)| *f == folder).map(|(_, l)| *l)
}

/// Whether code in `from` may name `to`.
fn may_use(from: &str, to: &str) -> bool {
    let (Some(a), Some(b)) = (level(from), level(to)) else { return false };
    if from == to || b < a {
        return from == to || allowed_below(from, to);
    }
    false
}

/// What a level below may still not be used, by DESIGN.md's table (levels alone say less than the table does).
fn allowed_below(from: &str, to: &str) -> bool {
    let list: &[&str] = match from {
        "chunk" | "graph" | "store" => &["base"],
        "kernel" => &["base", "chunk"],
        "spill" => &["base", "chunk", "store"],
        "sched" => &["base", "graph"],
        // A node holds kernels' descriptions (programs, rows of op tables), and so does a plan: documented additions.
        "expr" => &["base", "chunk", "kernel"],
        "wire" => &["base", "chunk", "graph", "sched"],
        // Rows between the stages of a query are kept in a pool.
        "op" => &["base", "chunk", "kernel", "expr", "spill"],
        // Scans meet conditions while they read.
        "format" => &["base", "chunk", "kernel", "store", "expr"],
        // Fusing joins programs, which are kernel's.
        "optimize" => &["base", "expr", "kernel"],
        // What the scheduler itself will hold is part of a plan's memory.
        "plan" => &["base", "expr", "graph", "kernel", "chunk", "sched", "op", "format"],
        "array" | "frame" | "bag" | "delayed" => {
            &["session", "expr", "op", "format", "base", "chunk", "kernel", "exec", "plan", "optimize", "spill"]
        }
        _ => return true,
    };
    list.contains(&to)
}

/// The folders that a line names behind `crate::`.
fn named(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or_default();
    let mut out = Vec::new();
    for (i, _) in code.match_indices("crate::") {
        if code[..i].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[i + 7..];
        if let Some(list) = rest.strip_prefix('{') {
            out.extend(
                list.split(['}'])
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .map(|s| s.trim().split("::").next().unwrap_or_default().to_string()),
            );
        } else {
            out.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    out.retain(|n: &String| !n.is_empty());
    out
}

fn report(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

#[test]
fn folders_use_only_what_lies_below() {
    let mut broken = Vec::new();
    for f in files().iter().filter(|f| !f.folder.ends_with(".rs") && !is_test_file(&f.path)) {
        assert!(level(&f.folder).is_some(), "{} has no level: add it to the table here and in the design", f.folder);
        for (n, line) in f.shipped() {
            for to in named(line) {
                // Exported macros live at the crate's root by their own names.
                let macro_of_op = to.starts_with("for_each_") || to == "element_table";
                let ok = match EXPORTS.iter().find(|(e, _)| *e == to) {
                    Some((_, l)) => level(&f.folder).is_some_and(|own| *l < own || *l == 0),
                    None if macro_of_op => level(&f.folder) >= level("op"),
                    None if to == "datasets" => f.folder == "cli",
                    None => may_use(&f.folder, &to),
                };
                if !ok {
                    broken.push(format!("{}: {} uses {to}", f.at(n), f.folder));
                }
            }
        }
    }
    report("a folder uses what does not lie below it:", &broken);
}

#[test]
fn files_are_short() {
    let long: Vec<String> = files()
        .iter()
        .map(|f| (f, f.text.lines().count()))
        .filter(|(_, n)| *n > 700)
        .map(|(f, n)| format!("{} lines", f.at(n)))
        .collect();
    report("a file is longer than 700 lines:", &long);
}

#[test]
fn unsafe_lives_in_two_folders_and_says_why() {
    let mut broken = Vec::new();
    for f in &files() {
        let lines: Vec<&str> = f.text.lines().collect();
        for (n, line) in f.shipped() {
            let code = line.split("//").next().unwrap_or_default();
            let opens = code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "unsafe");
            if !opens || code.contains("unsafe_code") {
                continue;
            }
            if !matches!(f.folder.as_str(), "kernel" | "chunk") {
                broken.push(format!("{}: outside of kernel and chunk", f.at(n)));
            }
            // A declaration has its contract in its docs; a block or an impl has its reason in front.
            let block = code.contains("unsafe {") || code.contains("unsafe impl");
            let reason = (n.saturating_sub(8)..n).any(|i| lines[i].contains("SAFETY"));
            if block && !reason {
                broken.push(format!("{}: no SAFETY comment", f.at(n)));
            }
        }
    }
    report("unsafe where it may not be, or without its reason:", &broken);
}

#[test]
fn no_glob_imports() {
    let mut broken = Vec::new();
    for f in files().iter().filter(|f| !is_test_file(&f.path)) {
        for (n, line) in f.shipped() {
            let code = line.split("//").next().unwrap_or_default().trim();
            // Arrays of intrinsics come by the hundred: core::arch alone may be imported whole.
            let arch = code.contains("core::arch") || code.contains("std::arch");
            if (code.starts_with("use ") || code.starts_with("pub use ")) && code.contains("::*") && !arch {
                broken.push(f.at(n));
            }
        }
    }
    report("a glob import:", &broken);
}

#[test]
fn unwrap_and_expect_say_why_they_cannot_fail() {
    let mut broken: BTreeMap<String, String> = BTreeMap::new();
    for f in files().iter().filter(|f| !is_test_file(&f.path)) {
        let lines: Vec<&str> = f.text.lines().collect();
        for (n, line) in f.shipped() {
            let trimmed = line.trim();
            if trimmed.starts_with("//") || !(line.contains(".unwrap()") || line.contains(".expect(")) {
                continue;
            }
            // A parser's own `expect` gives an error and is followed by what takes it.
            if line.contains("self.expect(") || line.trim_end().ends_with(")?;") {
                continue;
            }
            let before = n.checked_sub(2).map_or("", |i| lines[i].trim());
            if !line.contains("//") && !before.starts_with("//") {
                broken.insert(f.at(n), trimmed.to_string());
            }
        }
    }
    let broken: Vec<String> = broken.into_iter().map(|(at, line)| format!("{at}: {line}")).collect();
    report("unwrap or expect without a comment that says why it cannot fail:", &broken);
}
