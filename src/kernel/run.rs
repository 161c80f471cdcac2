//! Runs a compiled program on chunks, block by block, with no temporary of a chunk's size.
//!
//! Inputs that lie contiguously are read where they are, others are gathered into a block register; the last call writes
//! straight to the output. Results depend neither on how blocks are cut nor on the layout of the inputs.

use crate::base::{DType, Element, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::kernel::compile::{Compiled, FeedSpec, Origin, PIECE, Slot};
use crate::kernel::feed::{BAND, Layout};
use smallvec::SmallVec;
use std::cell::Cell;

/// Shortest rows that blocks are cut along, so that each row is read where it is; shorter ones are gathered.
const MIN_ROW: usize = 256;

/// Where a chunk lies in the whole array.
#[derive(Clone, Copy, Debug)]
pub struct Placement<'a> {
    /// Index of the chunk's first element in the whole array.
    pub origin: &'a [usize],
    /// Shape of the chunk.
    pub shape: &'a [usize],
    /// Shape of the whole array.
    pub whole: &'a [usize],
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

/// How a feed's elements reach their slot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Read where they lie.
    Direct,
    /// One value, in the register since the start.
    Filled,
    /// Gathered block by block, unless a block lies within a contiguous row.
    Gathered,
    /// Counted block by block.
    Counted,
    /// Gathered by bands of rows: see [`Run::bands`].
    Banded,
}

struct Feed {
    way: Way,
    /// The element at index `[0, 0, …]`.
    origin: *const u8,
    /// The number at index `[0, 0, …]`.
    base: i64,
    layout: Layout,
    size: usize,
    register: *mut u8,
    /// The current row of a band.
    band_row: *mut u8,
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
        if place.origin.len() != place.shape.len() || place.whole.len() != place.shape.len() {
            return Err(Error::bug(format!("a chunk of shape {:?} at {:?} of {:?}", place.shape, place.origin, place.whole)));
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
        let deepest = self.feeds.iter().filter_map(|f| if let Origin::Index(a) = f.origin { Some(a as usize) } else { None }).max();
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
        if self.steps.is_empty()
            && let Some(FeedSpec { origin: Origin::Input(s), .. }) = self.feeds.get(usize::from(self.result))
        {
            return Ok(inputs[*s as usize].contiguous());
        }
        let n: usize = place.shape.iter().product();
        let mut out = BufferMut::for_overwrite(n * self.dtype.size());
        if n > 0 {
            let ptr = out.bytes_mut().as_mut_ptr();
            with_scratch(self.register_bytes, |scratch| {
                let mut run = Run::new(self, inputs, place, scratch);
                // SAFETY: the output has room for all n elements of the chunk and is fresh memory.
                unsafe {
                    match run.columns() {
                        Some((rows, cols)) => run.bands(rows, cols, ptr),
                        None => run.range(0, n, ptr),
                    }
                }
            });
        }
        Tensor::new(self.dtype, place.shape, out.freeze())
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
            let mut start = 0;
            while start < n {
                let end = (start + stretch).min(n);
                while start < end {
                    let len = PIECE.min(end - start);
                    let data = run.in_place(start, len).unwrap_or_else(|| {
                        // SAFETY: the buffer has room for a piece.
                        unsafe { run.range(start, len, buffer) };
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

    /// Computes the elements `start .. start + len` into `out`.
    ///
    /// # Safety
    /// The range must lie within the chunk and `out` have room for it, aligned to the result's dtype, without overlapping an input.
    unsafe fn range(&mut self, start: usize, len: usize, out: *mut u8) {
        let size = self.program.dtype.size();
        let (mut at, end) = (start, start + len);
        while at < end {
            let mut n = self.program.block.min(end - at);
            if self.row > 0 {
                n = n.min(self.row - at % self.row);
            }
            // SAFETY: passed on, for a part of the range that is no longer than a block.
            unsafe { self.block(at, n, out.add((at - start) * size)) };
            at += n;
        }
    }

    /// Number and length of the rows if an input lies transposed, so that going by bands saves cache misses.
    fn columns(&self) -> Option<(usize, usize)> {
        let transposed = self.feeds.iter().filter(|f| f.way == Way::Gathered).find_map(|f| f.layout.columns());
        transposed.filter(|&(rows, cols)| rows >= BAND && cols >= MIN_ROW)
    }

    /// Computes the whole chunk strip by strip of columns, and in these by bands of rows: a band of a transposed input is brought
    /// into the register at once, so that every cache line of it is read once.
    ///
    /// # Safety
    /// As [`Run::range`] for all elements; `rows` and `cols` are those of [`Run::columns`].
    unsafe fn bands(&mut self, rows: usize, cols: usize, out: *mut u8) {
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
                unsafe { self.block(start, n, out.add(start * self.program.dtype.size())) };
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

impl Feed {
    fn new(spec: &FeedSpec, inputs: &[Tensor], place: &Placement<'_>, register: *mut u8, n_first: usize) -> Feed {
        let (origin, base, layout) = match spec.origin {
            Origin::Input(s) => {
                let t = &inputs[s as usize];
                (t.origin(), 0, Layout::new(t.shape(), t.strides()))
            }
            Origin::Index(a) => {
                let mut strides: SmallVec<[isize; 4]> = SmallVec::from_elem(0, place.shape.len());
                strides[a as usize] = 1;
                (std::ptr::null(), place.origin[a as usize] as i64, Layout::new(place.shape, &strides))
            }
            Origin::Linear => {
                let mut strides: SmallVec<[isize; 4]> = SmallVec::from_elem(0, place.shape.len());
                let (mut step, mut base) = (1isize, 0i64);
                for a in (0..place.shape.len()).rev() {
                    strides[a] = step;
                    base += place.origin[a] as i64 * step as i64;
                    step *= place.whole[a] as isize;
                }
                (std::ptr::null(), base, Layout::new(place.shape, &strides))
            }
        };
        let is_memory = matches!(spec.origin, Origin::Input(_));
        let way = match layout.flat() {
            Some(1) if is_memory => Way::Direct,
            Some(0) => Way::Filled,
            _ if is_memory => Way::Gathered,
            _ => Way::Counted,
        };
        let mut feed = Feed { way, origin, base, layout, size: spec.dtype.size(), register, band_row: register };
        if way == Way::Filled {
            feed.way = if is_memory { Way::Gathered } else { Way::Counted };
            // SAFETY: the chunk has at least `n_first` elements, the register room for a block.
            unsafe { feed.bring(0, n_first) };
            feed.way = Way::Filled;
        }
        feed
    }

    /// Where the elements of a range lie, if they lie one after another.
    #[inline]
    fn lies_at(&self, start: usize, n: usize) -> Option<*const u8> {
        match self.way {
            Way::Direct => Some(self.origin.wrapping_add(start * self.size)),
            Way::Gathered => {
                let (inner, stride) = self.layout.inner();
                let within = stride == 1 && start % inner + n <= inner;
                within.then(|| self.origin.wrapping_offset(self.layout.offset(start) * self.size as isize))
            }
            Way::Filled | Way::Counted | Way::Banded => None,
        }
    }

    /// A pointer to the elements `start .. start + n`, after bringing them into the register if need be.
    ///
    /// # Safety
    /// The range must lie within the chunk and be no longer than a block.
    #[inline]
    unsafe fn bring(&self, start: usize, n: usize) -> *mut u8 {
        if let Some(p) = self.lies_at(start, n) {
            return p.cast_mut();
        }
        match self.way {
            // SAFETY: passed on; the register has room for a block and belongs to this feed alone.
            Way::Gathered => unsafe { self.layout.gather(self.origin, self.size, start, n, self.register) },
            Way::Counted => {
                // SAFETY: as above; the register is aligned to 64 bytes and was initialised as scratch memory. Numbers of either
                // dtype have 8 bytes.
                let out = unsafe { std::slice::from_raw_parts_mut(self.register.cast::<i64>(), n) };
                self.layout.count(self.base, start, out);
            }
            Way::Banded => return self.band_row,
            Way::Direct | Way::Filled => {}
        }
        self.register
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
    run_once(&program, std::slice::from_ref(t), &Placement { origin: &zeros, shape: t.shape(), whole: t.shape() })
}
