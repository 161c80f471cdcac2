//! `Select::Take` and `Select::Put`: elements that go from chunk to chunk by position.
//!
//! The two are one pattern: picked elements lie in pieces (the chunks of the axis along which they are picked) and in cells (the blocks
//! of chunks that they are picked from). A take fills pieces from cells, a put fills cells from pieces. Which source a target needs
//! follows from the positions alone. A target with few or small sources reads them itself. For others a task at each source first parts
//! what every target needs, so that a target holds no more than what goes into it, however far its sources are spread.

use crate::base::{Axis, DType, Error, Grid, Result};
use crate::chunk::lanes::{LaneShape, copy_lanes};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::expr::Expr;
use crate::expr::chunks::AUTO_BYTES;
use crate::expr::picks::{Cells, Picks};
use crate::plan::blockwise::each_chunk;
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use std::sync::Arc;

/// A target with at most so many sources reads them whole, and one whose sources have at most `AUTO_BYTES` together.
const DIRECT_SOURCES: usize = 2;

/// What goes between one piece and one cell.
#[derive(Clone, Copy, Debug)]
struct Pair {
    piece: usize,
    cell: usize,
    /// Elements.
    len: usize,
    /// Where their places in the piece begin in [`Routes::order`], if this pair is parted at its source.
    start: usize,
}

/// Who gets what from whom, the same for every line of chunks along the other axes.
struct Routes {
    dtype: DType,
    index: Picks,
    cells: Cells,
    /// How the picked elements are cut.
    points: Axis,
    /// The picked axes.
    axes: Vec<usize>,
    /// The array that is picked from.
    whole: Grid,
    /// The picked elements.
    part: Grid,
    /// The axes that are not picked.
    lines: Grid,
    /// By piece and cell.
    pairs: Vec<Pair>,
    /// Places in the piece of the elements of each pair, rising.
    order: Vec<usize>,
    put: bool,
}

impl Routes {
    fn new(whole: &Grid, part: &Grid, dtype: DType, (axes, index): (&[usize], &Picks), put: bool) -> Routes {
        let lines = Grid::new(whole.axes().iter().enumerate().filter(|(a, _)| !axes.contains(a)).map(|(_, x)| x.clone()));
        let mut routes = Routes {
            dtype,
            index: index.clone(),
            cells: Cells::of(whole, axes),
            points: part.axes()[axes[0]].clone(),
            axes: axes.to_vec(),
            whole: whole.clone(),
            part: part.clone(),
            lines,
            pairs: Vec::new(),
            order: Vec::new(),
            put,
        };
        for piece in 0..routes.points.n_chunks() {
            let mut cells: Vec<usize> = routes.cells_of(piece);
            cells.sort_unstable();
            for same in cells.chunk_by(|a, b| a == b) {
                let len = if cells.len() == 1 { routes.points.range(piece).len() } else { same.len() };
                routes.pairs.push(Pair { piece, cell: same[0], len, start: usize::MAX });
            }
        }
        routes
    }

    /// The cell of every element of a piece, or the only one once.
    fn cells_of(&self, piece: usize) -> Vec<usize> {
        let r = self.points.range(piece);
        let cell = |p: usize| self.cells.locate(self.index.at(p)).0;
        if self.axes.len() == 1 && self.index.as_slice().is_some() && !r.is_empty() && cell(r.start) == cell(r.end - 1) {
            return vec![cell(r.start)];
        }
        r.map(cell).collect()
    }

    fn source(&self, p: &Pair) -> usize {
        if self.put { p.piece } else { p.cell }
    }

    fn target(&self, p: &Pair) -> usize {
        if self.put { p.cell } else { p.piece }
    }

    fn n_targets(&self) -> usize {
        if self.put { self.cells.count() } else { self.points.n_chunks() }
    }

    /// Elements of a source or target, along the picked axes.
    fn piece_len(&self, piece: usize) -> usize {
        self.points.range(piece).len()
    }

    fn source_len(&self, source: usize) -> usize {
        if self.put { self.piece_len(source) } else { self.cells.size(source) }
    }

    fn target_len(&self, target: usize) -> usize {
        if self.put { self.cells.size(target) } else { self.piece_len(target) }
    }

    /// The pairs of every target, in order of their sources.
    fn by_target(&self) -> Vec<Vec<usize>> {
        let mut out = vec![Vec::new(); self.n_targets()];
        self.pairs.iter().enumerate().for_each(|(i, p)| out[self.target(p)].push(i));
        out
    }

    /// Whether a target with these pairs reads its sources itself.
    fn direct(&self, pairs: &[usize]) -> bool {
        let line: usize = self.lines.axes().iter().map(Axis::max_size).product();
        let bytes = |i: &usize| (self.source_len(self.source(&self.pairs[*i])) * line * self.dtype.size()) as u64;
        pairs.len() <= DIRECT_SOURCES || pairs.iter().map(bytes).fold(0, u64::saturating_add) <= AUTO_BYTES as u64
    }

    /// Sets down which elements of its piece each of these pairs has.
    fn set_order(&mut self, parted: &[bool]) {
        let mut from = 0;
        while from < self.pairs.len() {
            let piece = self.pairs[from].piece;
            let to = from + self.pairs[from..].partition_point(|p| p.piece == piece);
            if parted[from..to].contains(&true) {
                let start = self.points.range(piece).start;
                let mut places: Vec<(usize, usize)> =
                    (0..self.piece_len(piece)).map(|p| (self.cells.locate(self.index.at(start + p)).0, p)).collect();
                places.sort_unstable();
                let mut at = 0;
                for (p, &parted) in self.pairs[from..to].iter_mut().zip(&parted[from..to]) {
                    if parted {
                        p.start = self.order.len();
                        self.order.extend(places[at..at + p.len].iter().map(|&(_, place)| place));
                    }
                    at += p.len;
                }
            }
            from = to;
        }
    }

    /// For a pair: places in the piece and in the cell.
    fn links(&self, p: &Pair) -> Vec<(usize, usize)> {
        let start = self.points.range(p.piece).start;
        let locate = |i: usize| self.cells.locate(self.index.at(start + i));
        if p.start != usize::MAX {
            return self.order[p.start..p.start + p.len].iter().map(|&i| (i, locate(i).1)).collect();
        }
        let mut out = Vec::with_capacity(p.len);
        for i in 0..self.piece_len(p.piece) {
            let (cell, within) = locate(i);
            if cell == p.cell {
                out.push((i, within));
            }
        }
        out
    }

    /// Elements of a line of chunks before and behind the picked axes.
    fn around(&self, line: &[usize]) -> (usize, usize) {
        let region = self.lines.region(line).shape();
        (region[..self.axes[0]].iter().product(), region[self.axes[0]..].iter().product())
    }

    fn cell_coords(&self, line: &[usize], cell: usize) -> Vec<usize> {
        let mut rest = line.iter();
        let chunks = self.cells.chunks(cell);
        let one = |a: usize| self.axes.iter().position(|&x| x == a).map(|i| chunks[i]).or_else(|| rest.next().copied());
        (0..self.whole.ndim()).filter_map(one).collect()
    }

    fn piece_coords(&self, line: &[usize], piece: usize) -> Vec<usize> {
        let mut out = line.to_vec();
        out.insert(self.axes[0], piece);
        out
    }

    /// The chunk's picked axes beside each other, in C order.
    fn cell_in_order(&self, t: &Tensor) -> Tensor {
        t.permute(&self.picked_first()).contiguous()
    }

    /// Axes before the first picked one, the picked ones, the others.
    fn picked_first(&self) -> Vec<usize> {
        let before = 0..self.axes[0];
        before
            .chain(self.axes.iter().copied())
            .chain((self.axes[0]..self.whole.ndim()).filter(|a| !self.axes.contains(a)))
            .collect()
    }

    fn held_bytes(&self) -> u64 {
        self.index.held_bytes() + 8 * self.order.len() as u64 + (size_of::<Pair>() as u64 + 24) * self.pairs.len() as u64
    }

    /// Bytes for elements of a line.
    fn bytes(&self, line: &[usize], n: usize) -> u64 {
        let (outer, inner) = self.around(line);
        (outer * inner * n * self.dtype.size()) as u64
    }

    /// Places that a task which handles `n` elements works with, in bytes.
    fn link_bytes(n: usize) -> u64 {
        16 * n as u64
    }
}

/// The part of a task's number that says the line, and the rest.
fn line_of(routes: &Routes, index: usize, per_line: usize) -> (Vec<usize>, usize) {
    (routes.lines.coords(index / per_line.max(1)).to_vec(), index % per_line.max(1))
}

/// Parts a source: one output for each of some pairs.
struct Part {
    routes: Arc<Routes>,
    /// Source and pairs of every task of a line.
    units: Vec<(usize, Vec<usize>)>,
}

impl Step for Part {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let r = &self.routes;
        let (line, unit) = line_of(r, index, self.units.len());
        let (source, pairs) = &self.units[unit];
        let (outer, inner) = r.around(&line);
        let t = inputs.first().ok_or_else(|| Error::bug("a piece is missing")).and_then(Chunk::tensor)?;
        let t = if r.put { t.contiguous() } else { r.cell_in_order(t) };
        for &i in pairs {
            let pair = &r.pairs[i];
            let places = r.links(pair);
            let from = |&(p, q): &(usize, usize)| if r.put { p } else { q };
            let links: Vec<(usize, usize)> = places.iter().enumerate().map(|(to, place)| (from(place), to)).collect();
            let mut buffer = BufferMut::for_overwrite(outer * inner * pair.len * r.dtype.size());
            let shape = LaneShape { outer, inner, n_from: r.source_len(*source), n_to: pair.len };
            copy_lanes(&t, &mut buffer, shape, &links)?;
            outputs.push(Chunk::Tensor(Tensor::new(r.dtype, &[outer, pair.len, inner], buffer.freeze())?));
        }
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        let (line, unit) = line_of(&self.routes, index, self.units.len());
        let source = self.units[unit].0;
        let r = &self.routes;
        let (grid, coords) =
            if r.put { (&r.part, r.piece_coords(&line, source)) } else { (&r.whole, r.cell_coords(&line, source)) };
        chunk_place(grid, grid.index(&coords))
    }
}

/// Fills targets.
struct Fill {
    routes: Arc<Routes>,
    /// Target, its pairs, and whether sources come whole.
    units: Vec<(usize, Vec<usize>, bool)>,
}

impl Fill {
    fn coords(&self, index: usize) -> (Vec<usize>, usize) {
        let (line, unit) = line_of(&self.routes, index, self.units.len());
        let (r, target) = (&self.routes, self.units[unit].0);
        (if r.put { r.cell_coords(&line, target) } else { r.piece_coords(&line, target) }, unit)
    }

    fn grid(&self) -> &Grid {
        if self.routes.put { &self.routes.whole } else { &self.routes.part }
    }
}

impl Step for Fill {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let r = &self.routes;
        let (line, _) = line_of(r, index, self.units.len());
        let (coords, unit) = self.coords(index);
        let (target, pairs, direct) = &self.units[unit];
        let (outer, inner) = r.around(&line);
        let n_to = r.target_len(*target);
        let missing = || Error::bug("a piece is missing");
        let mut buffer = BufferMut::for_overwrite(outer * inner * n_to * r.dtype.size());
        let mut sources = inputs.iter();
        let mut shape = self.grid().region(&coords).shape().to_vec();
        if r.put {
            let t = sources.next().ok_or_else(missing)?.tensor()?.permute(&r.picked_first());
            shape = t.shape().to_vec();
            copy_into(&t, &mut buffer, &shape, &crate::base::Region::whole(&shape));
        }
        for &i in pairs {
            let pair = &r.pairs[i];
            let t = sources.next().ok_or_else(missing).and_then(Chunk::tensor)?;
            let mut links = r.links(pair);
            // Places in the source first, in the target second.
            match (*direct, r.put) {
                (true, true) => {}
                (true, false) => links.iter_mut().for_each(|l| *l = (l.1, l.0)),
                (false, true) => links.iter_mut().enumerate().for_each(|(i, l)| *l = (i, l.1)),
                (false, false) => links.iter_mut().enumerate().for_each(|(i, l)| *l = (i, l.0)),
            }
            let t = if *direct && !r.put { r.cell_in_order(t) } else { t.contiguous() };
            let n_from = if *direct { r.source_len(r.source(pair)) } else { pair.len };
            copy_lanes(&t, &mut buffer, LaneShape { outer, inner, n_from, n_to }, &links)?;
        }
        let mut t = Tensor::new(r.dtype, &shape, buffer.freeze())?;
        if r.put {
            let order = r.picked_first();
            let mut back = vec![0; order.len()];
            order.iter().enumerate().for_each(|(i, &a)| back[a] = i);
            t = t.permute(&back).contiguous();
        }
        outputs.push(Chunk::Tensor(t));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(self.grid(), self.grid().index(&self.coords(index).0))
    }
}

/// Pairs that are parted, by source, a few at a time: the outputs of a task are bounded by the largest source or target.
fn part_units(r: &Routes, parted: &[bool]) -> Vec<(usize, Vec<usize>)> {
    let mut order: Vec<usize> = (0..r.pairs.len()).filter(|&i| parted[i]).collect();
    order.sort_by_key(|&i| r.source(&r.pairs[i]));
    let mut units: Vec<(usize, Vec<usize>, usize)> = Vec::new();
    for i in order {
        let p = &r.pairs[i];
        let (source, most) = (r.source(p), r.cells.max_size().max(r.points.max_size()));
        match units.last_mut() {
            Some((s, list, held)) if *s == source && *held + p.len <= most => {
                list.push(i);
                *held += p.len;
            }
            _ => units.push((source, vec![i], p.len)),
        }
    }
    units.into_iter().map(|(source, list, _)| (source, list)).collect()
}

/// Adds the tasks that part sources; gives the data of every pair, line by line.
fn part(l: &mut Lowering, label: &str, r: &Arc<Routes>, units: Vec<(usize, Vec<usize>)>, ids: &Ids) -> Result<Vec<u32>> {
    let mut data = vec![u32::MAX; r.pairs.len() * r.lines.n_chunks()];
    if units.is_empty() {
        return Ok(data);
    }
    l.layer(format!("{label} parts"), Part { routes: r.clone(), units: units.clone() });
    let mut bytes = Vec::new();
    each_chunk(&r.lines, |n, line| {
        for (source, pairs) in &units {
            let chunk =
                if r.put { r.part.index(&r.piece_coords(line, *source)) } else { r.whole.index(&r.cell_coords(line, *source)) };
            bytes.clear();
            bytes.extend(pairs.iter().map(|&i| r.bytes(line, r.pairs[i].len)));
            let most = pairs.iter().map(|&i| r.pairs[i].len).max().unwrap_or(0);
            let copied = r.bytes(line, r.source_len(*source));
            let cost = Cost {
                scratch_bytes: copied + 2 * Routes::link_bytes(most),
                ns: bytes.iter().sum::<u64>() / 2 + 500,
                ..Cost::default()
            };
            let first = l.task_with_outputs(&[ids.at(chunk)], &bytes, cost);
            pairs.iter().enumerate().for_each(|(o, &i)| data[n * r.pairs.len() + i] = first + o as u32);
        }
        Ok(())
    })?;
    Ok(data)
}

fn lower(l: &mut Lowering, e: &Expr, mut r: Routes, targets: Option<&Ids>, ids: &Ids) -> Result<Ids> {
    let by_target = r.by_target();
    let direct: Vec<bool> = by_target.iter().map(|p| r.direct(p)).collect();
    let parted: Vec<bool> = r.pairs.iter().map(|p| !direct[r.target(p)]).collect();
    r.set_order(&parted);
    l.hold(r.held_bytes());
    let r = Arc::new(r);
    let data = part(l, e.label(), &r, part_units(&r, &parted), ids)?;
    // What nothing is put into stays as it is.
    let units: Vec<(usize, Vec<usize>, bool)> =
        by_target.into_iter().enumerate().filter(|(_, p)| !r.put || !p.is_empty()).map(|(t, p)| (t, p, direct[t])).collect();
    let grid = if r.put { &r.whole } else { &r.part };
    let mut list: Vec<u32> = (0..grid.n_chunks()).map(|i| targets.map_or(u32::MAX, |t| t.at(i))).collect();
    l.layer(e.label(), Fill { routes: r.clone(), units: units.clone() });
    let mut inputs = Vec::new();
    each_chunk(&r.lines, |n, line| {
        for (target, pairs, direct) in &units {
            let coords = if r.put { r.cell_coords(line, *target) } else { r.piece_coords(line, *target) };
            let at = grid.index(&coords);
            inputs.clear();
            inputs.extend(targets.map(|t| t.at(at)));
            let (mut copied, mut linked) = (0, 0);
            for &i in pairs {
                let p = &r.pairs[i];
                let source = r.source(p);
                let whole = || {
                    if r.put { r.part.index(&r.piece_coords(line, source)) } else { r.whole.index(&r.cell_coords(line, source)) }
                };
                inputs.push(if *direct { ids.at(whole()) } else { data[n * r.pairs.len() + i] });
                copied = copied.max(r.bytes(line, if *direct { r.source_len(source) } else { 0 }));
                linked = linked.max(p.len);
            }
            let out_bytes = r.bytes(line, r.target_len(*target));
            // A put into axes apart from each other is turned back at the end.
            let turned = if r.put && r.axes.windows(2).any(|w| w[0] + 1 < w[1]) { out_bytes } else { 0 };
            let scratch_bytes = copied.max(turned) + Routes::link_bytes(linked);
            list[at] = l.task(&inputs, Cost { out_bytes, scratch_bytes, ns: out_bytes / 2 + 200 });
        }
        Ok(())
    })?;
    Ok(Ids::List(list.into()))
}

/// Pieces filled from cells.
///
/// # Errors
/// Too many tasks.
pub fn take(l: &mut Lowering, e: &Expr, axes: &[usize], index: &Picks) -> Result<Ids> {
    let ((dtype, part), (_, whole)) = (e.array()?, e.inputs()[0].array()?);
    let ids = l.ids(&e.inputs()[0])?;
    lower(l, e, Routes::new(whole, part, dtype, (axes, index), false), None, &ids)
}

/// Cells filled from pieces.
///
/// # Errors
/// Too many tasks.
pub fn put(l: &mut Lowering, e: &Expr, axes: &[usize], index: &Picks) -> Result<Ids> {
    let ((dtype, whole), (_, part)) = (e.array()?, e.inputs()[1].array()?);
    let (own, ids) = (l.ids(&e.inputs()[0])?, l.ids(&e.inputs()[1])?);
    lower(l, e, Routes::new(whole, part, dtype, (axes, index), true), Some(&own), &ids)
}
