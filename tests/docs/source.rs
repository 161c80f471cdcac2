//! The public functions of a source file with their doc comments, those that macros make included.
//!
//! It reads what rustfmt writes: an `impl`, a macro and its use begin on a line of their own and end with a bracket at the same depth.

use std::collections::{BTreeMap, BTreeSet};

/// A public function.
pub struct Function {
    /// The type whose method it is.
    pub of: Option<String>,
    /// Its name; `$method` stands for all ops of a table.
    pub name: String,
    /// Its doc comment, without the slashes.
    pub docs: String,
    /// Its arguments and result.
    pub signature: String,
}

impl Function {
    /// The first paragraph of the doc comment.
    pub fn opening(&self) -> String {
        self.docs.lines().take_while(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// What stands under a heading of the doc comment.
    pub fn section(&self, heading: &str) -> Option<String> {
        let lines = self.docs.lines().skip_while(|l| *l != format!("# {heading}")).skip(1);
        let text: Vec<&str> = lines.take_while(|l| !l.starts_with("# ")).filter(|l| !l.is_empty()).collect();
        if text.is_empty() { None } else { Some(text.join(" ")) }
    }
}

/// The names of public types in a text.
pub fn types(text: &str) -> BTreeSet<String> {
    let of = |l: &str| l.strip_prefix("pub struct ").or_else(|| l.strip_prefix("pub enum ")).map(word);
    text.lines().filter_map(of).collect()
}

/// The public functions of a text.
pub fn functions(text: &str) -> Vec<Function> {
    let mut out = Vec::new();
    let (mut of, mut docs, mut made): (Option<(String, usize)>, Vec<&str>, Option<&str>) = (None, vec![], None);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (code, depth) = (line.trim_start(), line.len() - line.trim_start().len());
        if let Some(name) = line.strip_prefix("macro_rules! ") {
            made = name.split(' ').next();
        } else if line == "}" {
            made = None;
        }
        if code == "}" && of.as_ref().is_some_and(|(_, d)| *d == depth) || code == ")*}" {
            of = None;
        } else if code.starts_with("impl") && code.contains('{') {
            let name = code.split(" for ").last().unwrap_or(code).trim_start_matches("impl").trim_start();
            let name = if name.starts_with('<') { name.split_once("> ").map_or(name, |n| n.1) } else { name };
            of = Some((word(name), depth));
        } else if code.starts_with("///") || code.starts_with("#[doc") || code.starts_with("$(#[doc") {
            docs.push(code);
        } else if let Some(rest) = code.strip_prefix("pub fn ") {
            let mut signature = rest.to_string();
            while !signature.ends_with('{') {
                signature += lines.next().expect("a function has a body").trim_start();
            }
            let rows = match made {
                Some(name) => rows(text, name),
                None => vec![BTreeMap::new()],
            };
            for row in rows {
                let name = word(rest);
                let docs: Vec<String> = docs.iter().map(|d| evaluated(d, &row)).collect();
                let name = row.get(&name).cloned().unwrap_or(name);
                out.push(Function { of: of.clone().map(|o| o.0), name, docs: docs.join("\n"), signature: signature.clone() });
            }
            docs.clear();
        } else if !code.starts_with("#[") {
            docs.clear();
        }
    }
    out
}

/// The word that a text begins with.
fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '$').collect()
}

/// What a macro's names and `$doc` stand for in every row of its use in this file; one empty row if an op table uses it.
fn rows(text: &str, name: &str) -> Vec<BTreeMap<String, String>> {
    let pattern = text.split(&format!("macro_rules! {name} {{\n")).nth(1).and_then(|t| t.lines().next()).unwrap_or("");
    let Some(used) = text.split(&format!("\n{name}! {{\n")).nth(1).and_then(|t| t.split("\n}").next()) else {
        return vec![BTreeMap::new()];
    };
    let names = pattern.split('$').filter(|p| p.starts_with(&format!("{}:ident", word(p)))).map(|p| format!("${}", word(p)));
    let names: Vec<String> = names.collect();
    let n_texts = if pattern.contains("$($doc:literal)+") { usize::MAX } else { 1 };
    let row = |(code, strings): (String, Vec<String>)| {
        let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).map(str::to_string);
        let doc = strings.into_iter().take(n_texts).collect::<Vec<_>>().join("\n");
        names.iter().cloned().zip(words).chain([("$doc".to_string(), doc)]).collect()
    };
    split(used).into_iter().map(row).collect()
}

/// The rows of a macro's use, which end with semicolons: what is no string, and the strings.
fn split(used: &str) -> Vec<(String, Vec<String>)> {
    let (mut out, mut row) = (vec![], (String::new(), vec![]));
    let mut rest = used;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '"' => {
                let (text, after) = string(rest);
                row.1.push(text);
                rest = after;
            }
            ';' => out.push(std::mem::take(&mut row)),
            c => row.0.push(c),
        }
    }
    out
}

/// A string literal behind its first quote, and what comes after it.
fn string(text: &str) -> (String, &str) {
    let (mut out, mut chars) = (String::new(), text.char_indices());
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return (out, &text[i + 1..]),
            '\\' => out.push(match chars.next() {
                Some((_, 'n')) => '\n',
                Some((_, c)) => c,
                None => '\\',
            }),
            c => out.push(c),
        }
    }
    (out, "")
}

/// A line of a doc comment as text: `///`, or an attribute of strings, variables and their names.
fn evaluated(line: &str, row: &BTreeMap<String, String>) -> String {
    if let Some(text) = line.strip_prefix("///") {
        return text.strip_prefix(' ').unwrap_or(text).to_string();
    }
    let (mut out, mut rest) = (String::new(), line.split_once("doc = ").map_or("", |d| d.1));
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == '"' {
            let (text, after) = string(rest);
            out += &text;
            rest = after;
        } else if c == '$' {
            out += row.get(&format!("${}", word(rest))).map_or("", String::as_str);
        }
    }
    out
}
