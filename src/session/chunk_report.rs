//! The chunks of a plan, node by node: where they grow, where bytes move.

use crate::base::bytes::format_bytes;
use crate::base::{Axis, DType, Result};
use crate::expr::{Expr, Key, Meta};
use crate::plan::lower;
use crate::plan::traffic::Traffic;
use crate::session::Session;
use crate::session::play::Played;
use crate::session::warning::{ChunkWarning, largest_bytes, warnings};
use std::collections::HashMap;
use std::fmt;

/// The chunks of a plan, node by node. It prints as a table with the warnings below.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkReport {
    /// The nodes of the rewritten expression, inputs first.
    pub rows: Vec<ChunkRow>,
    /// Bytes that cross between chunks, in all.
    pub moved_bytes: u64,
    /// About how many bytes are written to spill files, in all.
    pub spilled_bytes: u64,
    /// What is wrong with the chunks, by node.
    pub warnings: Vec<ChunkWarning>,
}

/// The chunks of a node's value. Sizes that depend on data are upper bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkRow {
    /// The node's kind: `Source`, `Rechunk`, …
    pub kind: &'static str,
    /// The node's label: an op, a file.
    pub label: String,
    /// Rows of its inputs.
    pub inputs: Vec<usize>,
    /// Element type; None of tables and outputs.
    pub dtype: Option<DType>,
    /// Shape; empty of tables and outputs.
    pub shape: Vec<usize>,
    /// Size of the chunks along every axis, the last ones maybe less; None where they are not regular (and of tables and outputs).
    pub chunks: Option<Vec<usize>>,
    /// Number of chunks or partitions; 0 of outputs.
    pub n_chunks: usize,
    /// Bytes of the largest chunk or partition.
    pub largest_bytes: u64,
    /// The largest chunk relative to the largest of its inputs; None without inputs and of outputs.
    pub size_growth: Option<f64>,
    /// The number of chunks relative to the most of an input; None without inputs and of outputs.
    pub count_growth: Option<f64>,
    /// Bytes that cross from one chunk to others here: rechunks (all their steps), shuffles, takes and puts, halos.
    pub moved_bytes: u64,
    /// About how many bytes of its chunks and their pieces are written to spill files.
    pub spilled_bytes: u64,
}

impl Session {
    /// The chunks of a plan for the roots, node by node. Nothing is read but metadata; the schedule is played through without running a task.
    ///
    /// # Errors
    /// When the expression cannot be planned. A plan that does not fit the budget is reported without what would be spilled.
    pub fn chunk_report(&self, roots: &[Expr]) -> Result<ChunkReport> {
        let optimized = self.optimized(roots)?;
        let plan = lower(&optimized, self.config())?;
        let played = Played::new(&plan, self.config(), self.chunk_budget(&plan).ok());
        let mut spilled: HashMap<Key, u64> = HashMap::new();
        for (layer, bytes) in plan.layers.iter().zip(&played.spilled_bytes) {
            *spilled.entry(layer.node).or_default() += bytes;
        }
        let mut traffic = Traffic::new(self.config().budget_bytes);
        let nodes = Expr::topological(&optimized);
        let numbers: HashMap<Key, usize> = nodes.iter().enumerate().map(|(i, e)| (e.key(), i)).collect();
        let mut rows: Vec<ChunkRow> = Vec::with_capacity(nodes.len());
        for e in &nodes {
            let row = ChunkRow {
                inputs: e.inputs().iter().map(|i| numbers[&i.key()]).collect(),
                moved_bytes: traffic.moved_bytes(e),
                spilled_bytes: spilled.get(&e.key()).copied().unwrap_or(0),
                ..value(e)
            };
            rows.push(grown(row, &rows));
        }
        Ok(ChunkReport {
            moved_bytes: rows.iter().map(|r| r.moved_bytes).fold(0, u64::saturating_add),
            spilled_bytes: played.stats.spilled_bytes,
            rows,
            warnings: warnings(&optimized, self.config())?,
        })
    }
}

/// What the metadata of a node says.
fn value(e: &Expr) -> ChunkRow {
    let none = ChunkRow {
        kind: e.kind_name(),
        label: e.label().to_string(),
        inputs: vec![],
        dtype: None,
        shape: vec![],
        chunks: None,
        n_chunks: 0,
        largest_bytes: 0,
        size_growth: None,
        count_growth: None,
        moved_bytes: 0,
        spilled_bytes: 0,
    };
    match e.meta() {
        Meta::Unit => none,
        Meta::Table(t) => ChunkRow { n_chunks: t.n_partitions, largest_bytes: t.partition_bytes, ..none },
        Meta::Array { dtype, grid } => ChunkRow {
            dtype: Some(*dtype),
            shape: grid.shape().to_vec(),
            chunks: grid.axes().iter().map(|a| matches!(a, Axis::Regular { .. }).then(|| a.max_size())).collect(),
            n_chunks: grid.n_chunks(),
            largest_bytes: largest_bytes(e),
            ..none
        },
    }
}

/// The row with its growth over its inputs' rows.
fn grown(row: ChunkRow, before: &[ChunkRow]) -> ChunkRow {
    let most = |of: fn(&ChunkRow) -> f64| row.inputs.iter().map(|&i| of(&before[i])).reduce(f64::max).filter(|_| row.n_chunks > 0);
    // What grows from nothing has no factor.
    let factor = |now: f64, before: f64| if before > 0.0 { now / before } else { 1.0 };
    let size_growth = most(|r| r.largest_bytes as f64).map(|b| factor(row.largest_bytes as f64, b));
    let count_growth = most(|r| r.n_chunks as f64).map(|b| factor(row.n_chunks as f64, b));
    ChunkRow { size_growth, count_growth, ..row }
}

/// A factor for people: nothing where nothing grew, `x 8`, `/ 8`.
fn times(factor: Option<f64>) -> String {
    let digits = |f: f64| if f >= 10.0 || (f - f.round()).abs() < 0.05 { format!("{f:.0}") } else { format!("{f:.1}") };
    match factor {
        None => String::new(),
        Some(f) if (f - 1.0).abs() < 0.05 => String::new(),
        Some(f) if f > 1.0 => format!("x {}", digits(f)),
        Some(f) if f > 0.0 => format!("/ {}", digits(1.0 / f)),
        Some(_) => "x 0".into(),
    }
}

/// Bytes for people; nothing where there are none.
fn some(bytes: u64) -> String {
    if bytes == 0 { String::new() } else { format_bytes(bytes) }
}

const HEAD: [&str; 10] = ["node", "dtype", "shape", "chunks", "number", "", "largest", "", "moved", "spilled"];
/// Columns from here on are numbers.
const NUMBERS: usize = 4;

impl ChunkRow {
    fn cells(&self, i: usize) -> [String; 10] {
        let inputs: Vec<String> = self.inputs.iter().map(|i| format!("#{i}")).collect();
        let of = if inputs.is_empty() { String::new() } else { format!("({})", inputs.join(", ")) };
        let list = |v: &[usize]| format!("{v:?}");
        let (shape, chunks, dtype) = match (self.dtype, &self.chunks) {
            (None, _) => (String::new(), String::new(), if self.n_chunks > 0 { "table".into() } else { String::new() }),
            (Some(d), Some(c)) => (list(&self.shape), list(c), d.to_string()),
            (Some(d), None) => (list(&self.shape), "irregular".into(), d.to_string()),
        };
        let count = if self.n_chunks == 0 { String::new() } else { self.n_chunks.to_string() };
        [
            format!("#{i:<3} {:<10} {}{of}", self.kind, self.label),
            dtype,
            shape,
            chunks,
            count,
            times(self.count_growth),
            some(self.largest_bytes),
            times(self.size_growth),
            some(self.moved_bytes),
            some(self.spilled_bytes),
        ]
    }
}

impl fmt::Display for ChunkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells: Vec<[String; 10]> =
            [HEAD.map(String::from)].into_iter().chain(self.rows.iter().enumerate().map(|(i, r)| r.cells(i))).collect();
        let width = |c: usize| cells.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
        for row in &cells {
            let padded = row.iter().zip(&widths).enumerate().map(|(c, (text, &w))| match c {
                0..NUMBERS => format!("{text:<w$}"),
                _ => format!("{text:>w$}"),
            });
            writeln!(f, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        writeln!(
            f,
            "moved between chunks: {}, spilled: about {}",
            format_bytes(self.moved_bytes),
            format_bytes(self.spilled_bytes)
        )?;
        self.warnings.iter().try_for_each(|w| writeln!(f, "warning: {w}"))
    }
}
