//! What is wrong with the chunks of a plan, each with its cure: bytes that are moved for nothing, chunks too small or too large.
//!
//! A cause is told once, at the first node where it shows; what cannot be cured by the user's calls is not told.

use crate::base::bytes::format_bytes;
use crate::base::{Axis, Config, Grid, Result};
use crate::expr::build::storage_cut;
use crate::expr::explain::shape;
use crate::expr::node::SourceNode;
use crate::expr::{Chunks, Expr, Key, Kind};
use crate::plan::traffic::value_bytes;
use crate::session::Session;
use crate::session::avoidable::{Avoidable, Cure, avoidable};
use std::collections::HashMap;
use std::fmt;

/// Less than this, moved for nothing by a whole plan, is not worth a word: memory moves it in some ten milliseconds.
pub const MOST_AVOIDABLE_BYTES: u64 = 100_000_000;
/// Chunks below this cost more to schedule, open and write than they save: a task costs about a microsecond, a file much more.
pub const LEAST_CHUNK_BYTES: u64 = 1_000_000;
/// Chunks beyond this leave threads idle, and a task holds several of them at once.
pub const MOST_CHUNK_BYTES: u64 = 1_000_000_000;
/// Small chunks of a small array are no matter ...
pub const LARGE_ARRAY_BYTES: u64 = 100_000_000;
/// ... unless there are more of them than this.
pub const MANY_CHUNKS: usize = 10_000;
/// A budget must have room for so many chunks of [`LEAST_CHUNK_BYTES`], or small chunks are what it needs.
pub const CHUNKS_IN_BUDGET: u64 = 64;
/// Chunks of more pieces than this are not written out.
const MOST_WRITTEN: usize = 24;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// Rechunks move elements that need not be moved.
    AvoidableRechunk,
    /// Chunks are many and small.
    SmallChunks,
    /// Chunks are large.
    LargeChunks,
}

/// Something wrong with the chunks of a plan. It prints as one line: the node, what it costs, what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkWarning {
    /// What.
    pub kind: WarningKind,
    /// Number of the node: its row of a [`ChunkReport`](crate::session::ChunkReport), its `#` in the last expression that explain shows.
    pub node: usize,
    /// The node's label: an op, a file.
    pub label: String,
    /// Bytes moved for nothing; of small chunks their mean, of large ones the largest.
    pub bytes: u64,
    /// The chunks to use instead: a size for every axis, or None where they are not regular or a rechunk is to be left out.
    pub chunks: Option<Vec<usize>>,
    /// In words, with the cure.
    pub message: String,
}

impl fmt::Display for ChunkWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} '{}': {}", self.node, self.label, self.message)
    }
}

impl Session {
    /// What is wrong with the chunks of a plan for the roots: [`MOST_AVOIDABLE_BYTES`] moved by rechunks that could be saved, chunks outside of
    /// [`LEAST_CHUNK_BYTES`] to [`MOST_CHUNK_BYTES`] of arrays that are not small. Nothing is run or planned.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0.0, 2e7, 1.0, 1000)?;   // 20,000 chunks of 8 kB
    /// let warnings = tilework::Session::default().warnings(&[x.sum(None)?.expr().clone(), x.expr().clone()])?;
    /// assert!(warnings[0].to_string().contains("20000 chunks of 7.8 KiB"));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an expression cannot be rewritten (a bug).
    pub fn warnings(&self, roots: &[Expr]) -> Result<Vec<ChunkWarning>> {
        warnings(&self.optimized(roots)?, self.config())
    }
}

/// The warnings of expressions that are optimized already, by node.
pub(super) fn warnings(roots: &[Expr], config: &Config) -> Result<Vec<ChunkWarning>> {
    let nodes = Expr::topological(roots);
    let numbers: HashMap<Key, usize> = nodes.iter().enumerate().map(|(i, e)| (e.key(), i)).collect();
    let mut out = Vec::new();
    let rechunks = avoidable(roots, config.budget_bytes)?;
    if rechunks.iter().map(|r| r.bytes).fold(0, u64::saturating_add) > MOST_AVOIDABLE_BYTES {
        out.extend(rechunks.iter().map(|r| moved(r, &numbers)));
    }
    for (node, e) in nodes.iter().enumerate() {
        out.extend(size(e)?.filter(|w| w.kind != WarningKind::SmallChunks || has_room(config)).map(|w| ChunkWarning { node, ..w }));
    }
    out.sort_by_key(|w| w.node);
    Ok(out)
}

fn has_room(config: &Config) -> bool {
    config.budget_bytes >= CHUNKS_IN_BUDGET * LEAST_CHUNK_BYTES
}

fn moved(r: &Avoidable, numbers: &HashMap<Key, usize>) -> ChunkWarning {
    let number = |e: &Expr| numbers.get(&e.key()).copied().unwrap_or(0);
    let bytes = format_bytes(r.bytes);
    let (chunks, message) = match &r.cure {
        Cure::Cut(sources) => {
            let cut = |(e, axes): &(Expr, Vec<Axis>)| {
                format!("'{}' (#{}) the chunks {}", e.label(), number(e), written(axes, number(&r.rechunk)))
            };
            let mut sources: Vec<&(Expr, Vec<Axis>)> = sources.iter().collect();
            sources.sort_by_key(|(e, _)| number(e));
            let cures: Vec<String> = sources.iter().copied().map(cut).collect();
            let (cures, they) = (cures.join(" and "), if sources.len() == 1 { "it is" } else { "they are" });
            let chunks = sources.first().filter(|_| sources.len() == 1).and_then(|(_, axes)| sizes(axes));
            (chunks, format!("{bytes} are moved that need not be: give {cures} where {they} opened or made"))
        }
        Cure::Drop { again, undone } => {
            let again = number(again);
            let what = if *undone {
                format!("undone by the rechunk #{again}: leave out both")
            } else {
                format!("followed by the rechunk #{again}: leave it out")
            };
            (None, format!("{bytes} are moved that need not be: only elementwise work lies before it is {what}"))
        }
    };
    let label = r.rechunk.label().to_string();
    ChunkWarning { kind: WarningKind::AvoidableRechunk, node: number(&r.rechunk), label, bytes: r.bytes, chunks, message }
}

/// The sizes of regular axes.
fn sizes(axes: &[Axis]) -> Option<Vec<usize>> {
    axes.iter().map(|a| matches!(a, Axis::Regular { .. }).then(|| a.max_size())).collect()
}

/// Chunks as a call takes them.
fn written(axes: &[Axis], of: usize) -> String {
    match sizes(axes) {
        Some(sizes) => format!("{sizes:?}"),
        None if axes.iter().map(Axis::n_chunks).sum::<usize>() <= MOST_WRITTEN => {
            format!("{:?}", axes.iter().map(|a| a.sizes().collect()).collect::<Vec<Vec<usize>>>())
        }
        None => format!("of #{of}"),
    }
}

/// Bytes of the largest chunk.
pub(super) fn largest_bytes(e: &Expr) -> u64 {
    e.array().map_or(0, |(dtype, grid)| (grid.max_chunk_elements() as u64).saturating_mul(dtype.size() as u64))
}

fn mean_bytes(e: &Expr) -> u64 {
    value_bytes(e) / e.meta().n_chunks().max(1) as u64
}

/// Whether an array is in many small chunks.
fn is_shattered(e: &Expr) -> bool {
    let n = e.meta().n_chunks();
    let much = value_bytes(e) >= LARGE_ARRAY_BYTES || n > MANY_CHUNKS;
    n > 1 && much && mean_bytes(e) < LEAST_CHUNK_BYTES
}

/// A warning of a node's chunks, if they are of a bad size and its inputs' are not.
fn size(e: &Expr) -> Result<Option<ChunkWarning>> {
    let Ok((dtype, grid)) = e.array() else { return Ok(None) };
    let (kind, bytes) = match largest_bytes(e) {
        b if b > MOST_CHUNK_BYTES && e.inputs().iter().all(|i| largest_bytes(i) <= MOST_CHUNK_BYTES) => {
            (WarningKind::LargeChunks, b)
        }
        _ if is_shattered(e) && cuts(e) && !e.inputs().iter().any(is_shattered) => (WarningKind::SmallChunks, mean_bytes(e)),
        _ => return Ok(None),
    };
    let storage = match e.kind() {
        Kind::Source(SourceNode::Array { source, .. }) => storage_cut(source.as_ref()),
        _ => None,
    };
    let better = Chunks::Auto.grid(&grid.shape(), dtype, storage.as_ref())?;
    if !is_better(kind, grid, &better) {
        return Ok(None);
    }
    let (n, auto) = (grid.n_chunks(), better.axes().iter().map(Axis::max_size).collect::<Vec<_>>());
    let cost = match kind {
        WarningKind::LargeChunks => format!("its largest chunk has {}, and a task holds several of such", format_bytes(bytes)),
        _ => format!("{n} chunks of {} on average, which cost more to schedule than to compute", format_bytes(bytes)),
    };
    let cure = match e.kind() {
        Kind::Source(_) => format!("open or make it with the chunks {auto:?}, as Chunks::Auto does"),
        Kind::Blockwise(_) if e.inputs().is_empty() => format!("make it with the chunks {auto:?}, as Chunks::Auto does"),
        Kind::Rechunk => format!("use the chunks {auto:?}, as Chunks::Auto does"),
        _ => format!("give its inputs other chunks, for chunks about like {auto:?} here"),
    };
    let message = format!("{} {}: {cost}: {cure}", dtype, shape(grid));
    Ok(Some(ChunkWarning { kind, node: 0, label: e.label().to_string(), bytes, chunks: Some(auto), message }))
}

/// Whether a node cuts finer than its inputs; reductions do not, whatever becomes of what is left.
fn cuts(e: &Expr) -> bool {
    let inputs = e.inputs().iter().map(|i| i.meta().n_chunks()).sum::<usize>();
    !matches!(e.kind(), Kind::TreeReduce(_)) && e.meta().n_chunks() > inputs
}

/// Whether what would be advised mends it.
fn is_better(kind: WarningKind, have: &Grid, auto: &Grid) -> bool {
    match kind {
        WarningKind::LargeChunks => auto.max_chunk_elements() < have.max_chunk_elements(),
        _ => auto.n_chunks() <= have.n_chunks() / 2,
    }
}
