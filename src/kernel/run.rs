//! Runs a compiled program on chunks, block by block, with no temporary of a chunk's size.
//!
//! Inputs that lie contiguously are read where they are, others are gathered into a block register; the last call writes
//! straight to the output. Results depend neither on how blocks are cut nor on the layout of the inputs.

use crate::base::{DType, Element, Error, Grid, Region, Result};
use crate::chunk::{BufferMut, Output, Tensor, Window};
use crate::kernel::compile::{Compiled, FeedSpec, Origin, PIECE, Slot};
use crate::kernel::feed::{Feed, Way};
use crate::kernel::layout::{BAND, Layout};
use smallvec::SmallVec;
use std::cell::Cell;

/// Shortest rows that blocks are cut along, so that each row is read where it is; shorter ones are gathered.
const MIN_ROW: usize = 256;

/// Most bytes of a band of whole rows.
const BAND_BYTES: usize = 256 << 10;

/// Bytes of a page, as far as the processor's look-ahead goes.
const PAGE: usize = 4096;

/// Where a chunk lies in the whole array.
#[derive(Clone, Copy, Debug)]
pub struct Placement<'a> {
    /// Index of the chunk's first element in the whole array.
    pub origin: &'a [usize],
    /// Shape of the chunk.
    pub shape: &'a [usize],
}

/// 64 bytes that start at a multiple of 64.
#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line(#[allow(dead_code, reason = "only ever used as bytes")] [u8; 64]);

thread_local! {
    static SCRATCH: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

/// Lends this thread's scratch memory of at least `bytes` bytes; a nested call gets memory of its own.
fn with_scratch<R>(bytes: usize, f: impl FnOnce(*mut u8) -> R) -> R {
    let mut lines = SCRATCH.take();
    if lines.len() * 64 < bytes {
        lines.resize(bytes.div_ceil(64), Line([0; 64]));
    }
    let r = f(lines.as_mut_ptr().cast());
    SCRATCH.set(lines);
    r
}

/// Whether [`Compiled::run_into`] writes the chunk that lies at `region` of an array of `grid` straight to its place.
pub fn writes_in_place(grid: &Grid, region: &Region) -> bool {
    Output::run_len(grid, region) >= MIN_ROW.min(region.n_elements())
}

/// Where the results of a chunk go.
struct Target {
    begin: *mut u8,
    /// Bytes of an element.
    size: usize,
    /// None: one after another.
    layout: Option<Layout>,
}

impl Target {
    /// The place of an element.
    #[inline(always)]
    fn at(&self, number: usize) -> *mut u8 {
        let offset = self.layout.as_ref().map_or(number as isize, |l| l.offset(number));
        self.begin.wrapping_offset(offset * self.size as isize)
    }

    /// Whether the elements of each row of so many lie one after another.
    fn has_rows_of(&self, columns: usize) -> bool {
        self.layout.as_ref().is_none_or(|l| l.inner().0.is_multiple_of(columns))
    }
}

struct Run<'a> {
    program: &'a Compiled,
    feeds: SmallVec<[Feed; 3]>,
    ptrs: SmallVec<[*mut u8; 16]>,
    /// Length of the rows that blocks are cut along, or 0.
    row: usize,
}

impl Compiled {
    fn check(&self, inputs: &[Tensor], place: &Placement<'_>) -> Result<()> {
        if inputs.len() != self.inputs.len() {
            return Err(Error::bug(format!("an elementwise program of {} inputs got {}", self.inputs.len(), inputs.len())));
        }
        if place.origin.len() != place.shape.len() {
            return Err(Error::bug(format!("a chunk of shape {:?} at {:?}", place.shape, place.origin)));
        }
        for (t, &dtype) in inputs.iter().zip(&self.inputs) {
            if t.dtype() != dtype || t.shape() != place.shape {
                return Err(Error::bug(format!(
                    "an input of an elementwise program is {:?} of {} and should be {:?} of {dtype}",
                    t.shape(),
                    t.dtype(),
                    place.shape
                )));
            }
        }
        let deepest =
            self.feeds.iter().filter_map(|f| if let Origin::Number(line) = &f.origin { line.axes().last() } else { None }).max();
        if let Some(a) = deepest
            && a >= place.shape.len()
        {
            return Err(Error::bug(format!("an elementwise program asks for the index along axis {a} of {:?}", place.shape)));
        }
        Ok(())
    }

    /// Runs the program on a chunk. Every input is a view of the chunk's shape, with any strides.
    /// The result is contiguous in C order.
    ///
    /// # Errors
    /// Inputs of another number, shape or dtype than the program has (a bug of the caller).
    pub fn run(&self, inputs: &[Tensor], place: &Placement<'_>) -> Result<Tensor> {
        self.check(inputs, place)?;
        if let Some(input) = self.copied() {
            return Ok(inputs[input].contiguous());
        }
        let n: usize = place.shape.iter().product();
        let mut out = BufferMut::for_overwrite(n * self.dtype.size());
        if n > 0 {
            let target = Target { begin: out.bytes_mut().as_mut_ptr(), size: self.dtype.size(), layout: None };
            // SAFETY: the output has room for all n elements of the chunk and is fresh memory.
            unsafe { self.fill(inputs, place, &target) };
        }
        Tensor::new(self.dtype, place.shape, out.freeze())
    }

    /// Runs the program on a chunk, into its place in a larger array. Needs no memory of the chunk's size where
    /// [`writes_in_place`] says so.
    ///
    /// # Errors
    /// As [`Compiled::run`], and where the place is of another shape or dtype.
    pub fn run_into(&self, inputs: &[Tensor], place: &Placement<'_>, mut out: Window<'_>) -> Result<()> {
        if out.dtype() != self.dtype || out.region().shape().as_slice() != place.shape {
            return Err(Error::bug(format!(
                "a result of {} {:?} for {:?} of {}",
                self.dtype,
                place.shape,
                out.region(),
                out.dtype()
            )));
        }
        if let Some(input) = self.copied() {
            self.check(inputs, place)?;
            return out.copy(&inputs[input]);
        }
        let n: usize = place.shape.iter().product();
        let layout = Layout::new(place.shape, out.strides());
        if n > 0 && (layout.inner().0 < MIN_ROW.min(n) || layout.inner().1 != 1) {
            return out.copy(&self.run(inputs, place)?);
        }
        self.check(inputs, place)?;
        if n > 0 {
            let layout = if layout.flat() == Some(1) { None } else { Some(layout) };
            let target = Target { begin: out.origin(), size: self.dtype.size(), layout };
            // SAFETY: the window is of the chunk's shape and its holder's alone, and was not handed to any input.
            unsafe { self.fill(inputs, place, &target) };
        }
        out.done();
        Ok(())
    }

    /// The same, for inputs that mostly lie transposed where `transposed` says so: [`for_each_piece`](Compiled::for_each_piece) brings
    /// these in by bands of rows, for which it takes further memory.
    #[must_use]
    pub fn with_transposed(mut self, transposed: impl IntoIterator<Item = bool>) -> Compiled {
        self.transposed = transposed.into_iter().collect();
        self
    }

    /// Most bytes that [`for_each_piece`](Compiled::for_each_piece) takes beside [`scratch_bytes`](Compiled::scratch_bytes) for a chunk of
    /// so many elements.
    pub fn band_bytes(&self, n_elements: usize) -> u64 {
        let banded = self.inputs.iter().zip(&self.transposed).filter(|(_, t)| **t);
        banded.map(|(d, _)| n_elements.saturating_mul(d.size()).min(BAND_BYTES).next_multiple_of(64) as u64).sum()
    }

    /// The input that the program only copies.
    fn copied(&self) -> Option<usize> {
        match self.feeds.get(usize::from(self.result)) {
            Some(FeedSpec { origin: Origin::Input(s), .. }) if self.steps.is_empty() => Some(*s as usize),
            _ => None,
        }
    }

    /// Computes all elements of a checked chunk, of which there is one at least.
    ///
    /// # Safety
    /// The target must have room for them, be the caller's alone, and overlap no input.
    unsafe fn fill(&self, inputs: &[Tensor], place: &Placement<'_>, target: &Target) {
        with_scratch(self.register_bytes, |scratch| {
            let mut run = Run::new(self, inputs, place, scratch);
            let columns = run.columns();
            if let Some(layout) = &target.layout {
                let row = layout.inner().0;
                run.row = if run.row == 0 { row } else { run.row.min(row) };
            }
            // SAFETY: passed on.
            unsafe {
                match columns {
                    Some((rows, cols)) if target.has_rows_of(cols) => run.bands(rows, cols, target),
                    _ => run.range(0, place.shape.iter().product(), |at| target.at(at)),
                }
            }
        });
    }

    /// Runs the program on a chunk and hands the results out piece by piece, in order: `f(number, elements)`, where `number` is
    /// the element number, in C order of the chunk, of the first element of the piece. No memory of the chunk's size is used.
    ///
    /// Pieces depend on the chunk's number of elements and `run_len` alone. A run is `run_len` consecutive elements (the last may
    /// be shorter; 0 stands for the whole chunk). A run longer than [`PIECE`] is cut into pieces of [`PIECE`] elements from its
    /// start, the last one shorter; of shorter runs, as many whole ones as fit in [`PIECE`] elements make up one piece.
    ///
    /// # Errors
    /// As [`Compiled::run`]; a result of another dtype than `T`.
    pub fn for_each_piece<T: Element>(
        &self,
        inputs: &[Tensor],
        place: &Placement<'_>,
        run_len: usize,
        f: &mut dyn FnMut(usize, &[T]),
    ) -> Result<()> {
        if T::DTYPE != self.dtype {
            return Err(Error::bug(format!("pieces of {} asked of an elementwise program of {}", T::DTYPE, self.dtype)));
        }
        self.check(inputs, place)?;
        self.pieces(inputs, place, run_len, &mut |start, len, data| {
            // SAFETY: `pieces` gives `len` initialised elements of the result's dtype, which is T's, aligned to it.
            f(start, unsafe { std::slice::from_raw_parts(data.cast::<T>(), len) });
        });
        Ok(())
    }

    fn pieces(&self, inputs: &[Tensor], place: &Placement<'_>, run_len: usize, f: &mut dyn FnMut(usize, usize, *const u8)) {
        let n: usize = place.shape.iter().product();
        if n == 0 {
            return;
        }
        let run_len = if run_len == 0 { n } else { run_len.min(n) };
        let stretch = if run_len < PIECE { PIECE / run_len * run_len } else { run_len };
        let register_bytes = self.register_bytes.next_multiple_of(64);
        with_scratch(register_bytes + PIECE * self.dtype.size(), |scratch| {
            // SAFETY: the scratch memory is that long.
            let buffer = unsafe { scratch.add(register_bytes) };
            let mut run = Run::new(self, inputs, place, scratch);
            let _bands = run.row_bands();
            let mut start = 0;
            while start < n {
                let end = (start + stretch).min(n);
                while start < end {
                    let len = PIECE.min(end - start);
                    let data = run.in_place(start, len).unwrap_or_else(|| {
                        // SAFETY: the buffer has room for a piece.
                        unsafe { run.range(start, len, |at| buffer.wrapping_add((at - start) * self.dtype.size())) };
                        buffer
                    });
                    f(start, len, data);
                    start += len;
                }
            }
        });
    }
}

impl<'a> Run<'a> {
    /// Gets ready for a checked chunk of at least one element; `scratch` has room for the program's registers and outlives this.
    fn new(program: &'a Compiled, inputs: &[Tensor], place: &Placement<'_>, scratch: *mut u8) -> Run<'a> {
        let n: usize = place.shape.iter().product();
        let mut run = Run { program, feeds: SmallVec::new(), ptrs: SmallVec::new(), row: 0 };
        for spec in &program.feeds {
            // SAFETY: the registers lie within the scratch memory.
            let register = unsafe { scratch.add(spec.register) };
            let feed = Feed::new(spec, inputs, place, register, program.block.min(n));
            run.ptrs.push(if feed.way == Way::Direct { feed.origin.cast_mut() } else { register });
            let (inner, stride) = feed.layout.inner();
            if feed.way == Way::Gathered && inner >= MIN_ROW && matches!(stride, 0 | 1) {
                run.row = if run.row == 0 { inner } else { run.row.min(inner) };
            }
            run.feeds.push(feed);
        }
        run.ptrs.extend(program.constant_ptrs.iter().map(|p| p.cast_mut()));
        // SAFETY: as above.
        run.ptrs.extend(program.registers.iter().map(|&r| unsafe { scratch.add(r) }));
        run.ptrs.push(std::ptr::null_mut());
        run
    }

    /// Where the results lie already, if the program does nothing and the elements lie one after another.
    fn in_place(&self, start: usize, len: usize) -> Option<*const u8> {
        let feed = self.feeds.get(usize::from(self.program.result)).filter(|_| self.program.steps.is_empty())?;
        feed.lies_at(start, len)
    }

    /// Computes the elements `start .. start + len`, each block to where `out` says that its first element goes.
    ///
    /// # Safety
    /// The range must lie within the chunk, and `out` have room for each of its blocks, which end at `row`s if there are any, aligned to
    /// the result's dtype, without overlapping an input.
    unsafe fn range(&mut self, start: usize, len: usize, out: impl Fn(usize) -> *mut u8) {
        let (mut at, end) = (start, start + len);
        while at < end {
            let mut n = self.program.block.min(end - at);
            if self.row > 0 {
                n = n.min(self.row - at % self.row);
            } else if at == start && n < len {
                n = self.lead(start, out(start)).unwrap_or(n).min(n);
            }
            // SAFETY: passed on, for a part of the range that is no longer than a block.
            unsafe { self.block(at, n, out(at)) };
            at += n;
        }
    }

    /// How long to make the first block so that most of what later ones read and write in place starts at a multiple of 64 bytes, and best
    /// of all at a page's: vectors that cross cache lines cost up to a third of the time, and large arrays of other libraries tend to start
    /// 16 bytes after a page.
    fn lead(&self, start: usize, out: *const u8) -> Option<usize> {
        let read = self.feeds.iter().filter(|f| f.way == Way::Direct).map(|f| (f.origin.wrapping_add(start * f.size), f.size));
        let places: SmallVec<[(usize, usize); 4]> =
            read.chain([(out, self.program.dtype.size())]).map(|(p, size)| (p.addr(), size)).collect();
        let aligned = |n: usize| places.iter().filter(|(p, size)| (p + n * size).is_multiple_of(64)).map(|p| p.1).sum::<usize>();
        // Blocks are powers of two: after some more, a page begins with a block.
        let leads = places.iter().map(|(p, size)| p.wrapping_neg() % PAGE / size % self.program.block).filter(|&n| n > 0);
        let lead = leads.max_by_key(|&n| aligned(n))?; // the last of equals: it is the result's, whose writes cost more
        (aligned(lead) > aligned(0)).then_some(lead)
    }

    /// Number and length of the rows if an input lies transposed, so that going by bands saves cache misses.
    fn columns(&self) -> Option<(usize, usize)> {
        let transposed = self.feeds.iter().filter(|f| f.way == Way::Gathered).find_map(|f| f.layout.columns());
        transposed.filter(|&(rows, cols)| rows >= BAND && cols >= MIN_ROW)
    }

    /// Where the chunk is computed in order of its rows, has every transposed input gathered by bands of whole rows, if they are not too
    /// long, into memory that must be kept as long as this is used: so every cache line is read once there, too.
    fn row_bands(&mut self) -> Vec<Vec<Line>> {
        let mut bands = Vec::new();
        let banded = |spec: &FeedSpec| match spec.origin {
            Origin::Input(i) => self.program.transposed.get(i as usize) == Some(&true),
            Origin::Number(_) => false,
        };
        for (feed, _) in self.feeds.iter_mut().zip(&self.program.feeds).filter(|(f, s)| f.way == Way::Gathered && banded(s)) {
            let Some((_, cols)) = feed.layout.columns().filter(|&(rows, cols)| rows >= BAND && cols >= MIN_ROW) else { continue };
            let bytes = BAND * cols * feed.size;
            if bytes <= BAND_BYTES {
                let mut band = vec![Line([0; 64]); bytes.div_ceil(64)];
                feed.register = band.as_mut_ptr().cast();
                feed.way = Way::Rows(cols);
                self.row = if self.row == 0 { cols } else { self.row.min(cols) };
                bands.push(band);
            }
        }
        bands
    }

    /// Computes the whole chunk strip by strip of columns, and in these by bands of rows: a band of a transposed input is brought
    /// into the register at once, so that every cache line of it is read once.
    ///
    /// # Safety
    /// As [`Run::range`] for all elements; `rows` and `cols` are those of [`Run::columns`].
    unsafe fn bands(&mut self, rows: usize, cols: usize, out: &Target) {
        let width = self.program.block / BAND;
        for feed in self.feeds.iter_mut().filter(|f| f.way == Way::Gathered && f.layout.columns() == Some((rows, cols))) {
            feed.way = Way::Banded;
        }
        for from in (0..cols).step_by(width) {
            let n = width.min(cols - from);
            for row in 0..rows {
                for feed in self.feeds.iter_mut().filter(|f| f.way == Way::Banded) {
                    if row % BAND == 0 {
                        // SAFETY: the band lies within the input, and a register holds a block, that is a band.
                        unsafe { feed.layout.gather_band(feed.origin, feed.size, row, from..from + n, width, feed.register) };
                    }
                    feed.band_row = feed.register.wrapping_add(row % BAND * width * feed.size);
                }
                let start = row * cols + from;
                // SAFETY: passed on, for a part of the chunk.
                unsafe { self.block(start, n, out.at(start)) };
            }
        }
    }

    /// # Safety
    /// As [`Run::range`], and `n` at most the program's block length.
    #[inline]
    unsafe fn block(&mut self, start: usize, n: usize, out: *mut u8) {
        for (feed, ptr) in self.feeds.iter().zip(self.ptrs.iter_mut()) {
            // SAFETY: the range lies within the chunk, hence within every input, and registers hold a block.
            *ptr = unsafe { feed.bring(start, n) };
        }
        let last = self.ptrs.len() - 1;
        self.ptrs[last] = out;
        for step in &self.program.steps {
            let at = |s: Slot| self.ptrs[usize::from(s)];
            let args = [at(step.args[0]), at(step.args[1]), at(step.args[2]), at(step.args[3])];
            // SAFETY: every slot holds a pointer to n elements of the dtype that compilation checked the call for; registers are
            // written before they are read and never by a call that reads them; `out` overlaps nothing.
            unsafe { (step.f)(args.as_ptr().cast(), at(step.out), n) };
        }
        let result = usize::from(self.program.result);
        if result != last {
            // SAFETY: the result's slot holds n elements.
            unsafe { std::ptr::copy_nonoverlapping(self.ptrs[result], out, n * self.program.dtype.size()) };
        }
    }
}

/// Runs a program once on a chunk: for callers that run it on one chunk only.
///
/// # Errors
/// As [`Compiled::new`] and [`Compiled::run`].
pub fn run_once(program: &crate::kernel::program::Program, inputs: &[Tensor], place: &Placement<'_>) -> Result<Tensor> {
    Compiled::new(program)?.run(inputs, place)
}

/// Elements of a chunk cast to another dtype.
///
/// # Errors
/// None on a valid tensor; the signature keeps bugs visible.
pub fn cast(t: &Tensor, to: DType) -> Result<Tensor> {
    use crate::kernel::program::{Builder, Program};
    if t.dtype() == to {
        return Ok(t.clone());
    }
    let mut b = Builder::new();
    let v = b.input(t.dtype());
    let v = b.cast(v, to);
    let program: Program = b.finish(v);
    let zeros: SmallVec<[usize; 4]> = SmallVec::from_elem(0, t.ndim());
    run_once(&program, std::slice::from_ref(t), &Placement { origin: &zeros, shape: t.shape() })
}
