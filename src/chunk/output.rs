//! One array that many threads fill, each chunk once: memory of its own, or memory that a caller lends.

use crate::base::{DType, Element, Error, Grid, Region, Result};
use crate::chunk::buffer::BufferMut;
use crate::chunk::tensor::{Strides, Tensor, c_strides, copy_to};
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An array being filled chunk by chunk, from any thread.
pub struct Output {
    dtype: DType,
    grid: Grid,
    memory: Memory,
    n_written: AtomicUsize,
    shares: Mutex<Shares>,
}

enum Memory {
    /// The buffer, and where it begins.
    Own(BufferMut, NonNull<u8>),
    Lent(Arc<Lent>),
}

/// What a caller has lent, until it takes it back.
struct Lent {
    begin: RwLock<Option<NonNull<u8>>>,
    n_bytes: usize,
    dtype: DType,
}

// SAFETY: the memory is written only through windows, which let every chunk be claimed once; chunks of a grid are disjoint. Lent
// memory is reached under a lock that its owner takes before the loan ends.
unsafe impl Sync for Output {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Lent {}
// SAFETY: as above.
unsafe impl Send for Lent {}

/// Keeps a loan from ending.
type LoanGuard<'a> = RwLockReadGuard<'a, Option<NonNull<u8>>>;

/// Memory lent to an [`Output`] for as long as this lives; what is written later finds no memory.
pub struct Loan<'a> {
    lent: Arc<Lent>,
    borrow: PhantomData<&'a mut ()>,
}

impl<'a> Loan<'a> {
    /// Lends the memory of some elements, for an output of their dtype.
    pub fn new<T: Element>(memory: &'a mut [T]) -> Loan<'a> {
        let n_bytes = size_of_val(memory);
        let begin = RwLock::new(Some(NonNull::from(memory).cast()));
        Loan { lent: Arc::new(Lent { begin, n_bytes, dtype: T::DTYPE }), borrow: PhantomData }
    }

    /// Room for an array of this dtype and grid in the memory lent. An output that outlives the loan only fails.
    ///
    /// # Errors
    /// When the memory is of another dtype or length (a bug of the caller).
    pub fn output(&self, dtype: DType, grid: &Grid) -> Result<Output> {
        if dtype != self.lent.dtype || n_bytes(dtype, grid)? != self.lent.n_bytes {
            return Err(Error::bug(format!("{} bytes lent for {:?} of {dtype}", self.lent.n_bytes, grid.shape())));
        }
        Ok(Output::with(dtype, grid, Memory::Lent(self.lent.clone())))
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        *self.lent.begin.write() = None; // waits for whoever is writing
    }
}

fn n_bytes(dtype: DType, grid: &Grid) -> Result<usize> {
    let bytes = grid.n_elements()?.checked_mul(dtype.size()).filter(|&b| isize::try_from(b).is_ok());
    bytes.ok_or_else(|| Error::usage(format!("an array of shape {:?} cannot be held in memory", grid.shape())))
}

impl Output {
    /// Room for an array of this dtype and grid.
    ///
    /// # Errors
    /// When the array has more bytes than can be addressed.
    pub fn new(dtype: DType, grid: &Grid) -> Result<Output> {
        let mut buffer = BufferMut::zeroed(n_bytes(dtype, grid)?);
        let begin = NonNull::from(buffer.bytes_mut()).cast();
        Ok(Output::with(dtype, grid, Memory::Own(buffer, begin)))
    }

    fn with(dtype: DType, grid: &Grid, memory: Memory) -> Output {
        Output { dtype, grid: grid.clone(), memory, n_written: AtomicUsize::new(0), shares: Mutex::default() }
    }

    /// How many elements of `region` of an array of `grid` lie side by side in the array's memory.
    pub fn run_len(grid: &Grid, region: &Region) -> usize {
        let mut len = 1;
        for (r, axis) in region.ranges().iter().zip(grid.axes()).rev() {
            len *= r.len();
            if r.len() != axis.len() {
                break;
            }
        }
        len
    }

    /// The place of chunk `i`, for whoever comes first.
    ///
    /// # Errors
    /// A bug of the caller: a chunk is written twice, or when the memory was taken back.
    pub fn window(&self, i: usize) -> Result<Window<'_>> {
        let (begin, guard) = self.begin()?;
        self.claim(i)?;
        let region = self.grid.chunk_region(i);
        let strides = c_strides(&self.grid.shape());
        let first: isize = region.start().iter().zip(&strides).map(|(&i, &s)| i as isize * s).sum();
        // SAFETY: the first element of a chunk lies within the array, for which there is room; of an empty chunk nothing is reached.
        let begin = if region.shape().contains(&0) { begin } else { unsafe { begin.offset(first * self.dtype.size() as isize) } };
        Ok(Window { output: self, begin, region, strides, _guard: guard })
    }

    /// Says that chunk `i` is somebody's from now on.
    fn claim(&self, i: usize) -> Result<()> {
        let mut shares = self.shares.lock();
        if matches!(&*shares, Shares::Nothing) {
            *shares = Shares::Chunks(vec![false; self.grid.n_chunks()]);
        }
        let Shares::Chunks(claimed) = &mut *shares else {
            return Err(Error::bug(format!("chunk {i} of an array that is written by parts")));
        };
        match std::mem::replace(&mut claimed[i], true) {
            false => Ok(()),
            true => Err(Error::bug(format!("chunk {i} was written twice"))),
        }
    }

    /// Some elements, by their places in C order, for as long as nobody else has one of them. Chunks cannot be had beside.
    ///
    /// # Errors
    /// A bug of the caller: there are no such elements, somebody has one, or the memory was taken back.
    pub fn part<T: Element>(&self, range: Range<usize>) -> Result<Part<'_, T>> {
        let bug = |what: &str| Error::bug(format!("elements {range:?} ({}) of {self:?}: {what}", T::DTYPE));
        if T::DTYPE != self.dtype || range.start > range.end || range.end > self.grid.n_elements()? {
            return Err(bug("there are none"));
        }
        let (begin, guard) = self.begin()?;
        let mut shares = self.shares.lock();
        if matches!(&*shares, Shares::Nothing) {
            *shares = Shares::Parts(BTreeMap::new());
        }
        let Shares::Parts(parts) = &mut *shares else { return Err(bug("chunks are written")) };
        if !range.is_empty() {
            let before = parts.range(..range.end).next_back();
            if before.is_some_and(|(_, &end)| end > range.start) {
                return Err(bug("somebody has one"));
            }
            parts.insert(range.start, range.end);
        }
        drop(shares);
        // SAFETY: within the memory, which is aligned to the elements and was written before (as zeros, or by its lender); nobody else has an
        // element of it until the part is dropped.
        let elements = unsafe { std::slice::from_raw_parts_mut(begin.as_ptr().cast::<T>().add(range.start), range.len()) };
        Ok(Part { output: self, elements, start: range.start, _guard: guard })
    }

    fn begin(&self) -> Result<(NonNull<u8>, Option<LoanGuard<'_>>)> {
        match &self.memory {
            Memory::Own(_, begin) => Ok((*begin, None)),
            Memory::Lent(lent) => {
                // A thread may have several parts, while the lender waits for all of them.
                let guard = lent.begin.read_recursive();
                Ok((guard.ok_or_else(|| Error::bug("a chunk came after the loan of its memory"))?, Some(guard)))
            }
        }
    }

    /// Writes chunk `i`.
    ///
    /// # Errors
    /// As [`window`](Output::window), or a chunk of another shape or dtype (a bug of the caller).
    pub fn write(&self, i: usize, chunk: &Tensor) -> Result<()> {
        self.window(i)?.copy(chunk)
    }

    /// The array.
    ///
    /// # Errors
    /// A bug of the caller: an element is missing, or the memory is another's.
    pub fn into_tensor(self) -> Result<Tensor> {
        self.complete()?;
        match self.memory {
            Memory::Own(buffer, _) => Tensor::new(self.dtype, &self.grid.shape(), buffer.freeze()),
            Memory::Lent(_) => Err(Error::bug("a result in memory of the caller's is the caller's")),
        }
    }

    /// That every element was written.
    ///
    /// # Errors
    /// A bug of the caller: one is missing.
    pub fn complete(&self) -> Result<()> {
        let (n, all) = (self.n_written.load(Ordering::Acquire), self.grid.n_elements()?);
        if n == all { Ok(()) } else { Err(Error::bug(format!("{n} of {all} elements were written"))) }
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Output({} {:?})", self.dtype, self.grid.shape())
    }
}

/// Some elements of an [`Output`], which their holder alone has.
pub struct Part<'a, T> {
    output: &'a Output,
    elements: &'a mut [T],
    start: usize,
    _guard: Option<LoanGuard<'a>>,
}

impl<T> Part<'_, T> {
    /// Says that the elements are as they shall be.
    pub fn done(self) {
        self.output.n_written.fetch_add(self.elements.len(), Ordering::Release);
    }
}

impl<T> Deref for Part<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.elements
    }
}

impl<T> DerefMut for Part<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.elements
    }
}

impl<T> Drop for Part<'_, T> {
    fn drop(&mut self) {
        if let (false, Shares::Parts(parts)) = (self.elements.is_empty(), &mut *self.output.shares.lock()) {
            parts.remove(&self.start);
        }
    }
}

/// Who has what of an [`Output`]: either chunks are had, or parts are.
#[derive(Default)]
enum Shares {
    #[default]
    Nothing,
    /// Which chunks were had by somebody.
    Chunks(Vec<bool>),
    /// Where parts begin and end that are had now.
    Parts(BTreeMap<usize, usize>),
}

/// The place of one chunk in an [`Output`], which its holder alone writes.
pub struct Window<'a> {
    output: &'a Output,
    begin: NonNull<u8>,
    region: Region,
    /// Of the whole array, in elements.
    strides: Strides,
    _guard: Option<LoanGuard<'a>>,
}

impl Window<'_> {
    /// Element type.
    pub fn dtype(&self) -> DType {
        self.output.dtype
    }

    /// Where the chunk lies.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Distances between neighbours along each axis, in elements.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// The element at index `[0, 0, …]`; write only by the strides, within the region's shape.
    pub fn origin(&mut self) -> *mut u8 {
        self.begin.as_ptr()
    }

    /// Says that every element was written.
    pub fn done(self) {
        self.output.n_written.fetch_add(self.region.n_elements(), Ordering::Release);
    }

    /// Writes the elements of a chunk.
    ///
    /// # Errors
    /// When it has another shape or dtype (a bug of the caller).
    pub fn copy(mut self, chunk: &Tensor) -> Result<()> {
        let (dtype, shape) = (self.dtype(), self.region.shape());
        if chunk.dtype() != dtype || chunk.shape() != shape.as_slice() {
            return Err(Error::bug(format!("a chunk of {:?} {dtype} is {:?} {}", self.region, chunk.shape(), chunk.dtype())));
        }
        // SAFETY: shape and dtype are the region's, which lies within the memory and was claimed for this window alone; the memory
        // is aligned to the elements.
        unsafe { copy_to(chunk, self.origin(), 0, &self.strides) };
        self.done();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loans_are_written_while_they_last() {
        let grid = Grid::new([crate::base::Axis::regular(5, 2), crate::base::Axis::regular(4, 3)]);
        let mut memory = vec![0i32; 20];
        let loan = Loan::new(&mut memory[..]);
        let output = loan.output(DType::I32, &grid).unwrap();
        for i in 0..grid.n_chunks() - 1 {
            output.write(i, &Tensor::splat(DType::I32, &grid.chunk_region(i).shape(), (i as i64 + 1).into())).unwrap();
        }
        assert!(output.write(0, &Tensor::splat(DType::I32, &[2, 3], 1.into())).is_err(), "twice");
        assert!(output.complete().is_err());
        drop(loan);
        assert!(output.window(grid.n_chunks() - 1).is_err(), "after the loan");
        assert_eq!(memory, [1, 1, 1, 2, 1, 1, 1, 2, 3, 3, 3, 4, 3, 3, 3, 4, 5, 5, 5, 0]);
    }

    #[test]
    fn parts_are_had_by_one_at_a_time() {
        let output = Output::new(DType::I32, &Grid::whole(&[10])).unwrap();
        let mut part = output.part::<i32>(2..6).unwrap();
        part.copy_from_slice(&[1, 2, 3, 4]);
        for range in [0..3, 5..7, 3..4, 2..6, 0..10] {
            assert!(output.part::<i32>(range).is_err());
        }
        let (low, none, high) =
            (output.part::<i32>(0..2).unwrap(), output.part::<i32>(4..4).unwrap(), output.part::<i32>(6..10).unwrap());
        assert!(output.part::<i32>(9..11).is_err() && output.part::<f32>(0..1).is_err());
        assert!(output.window(0).is_err(), "by parts");
        for p in [part, low, none, high] {
            p.done();
        }
        assert_eq!(output.part::<i32>(1..7).unwrap()[..], [0, 1, 2, 3, 4, 0]);
        assert_eq!(output.into_tensor().unwrap().as_slice::<i32>().unwrap(), [0, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
    }

    #[test]
    fn runs_are_as_long_as_whole_axes_go() {
        let grid = Grid::whole(&[6, 5, 4]);
        for (region, len) in [([0..2, 0..5, 0..4], 40), ([0..2, 0..3, 0..4], 12), ([0..1, 0..5, 1..4], 3)] {
            assert_eq!(Output::run_len(&grid, &Region::new(region)), len);
        }
    }
}
