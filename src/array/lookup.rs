//! Looking elements up in lists: such as fit in memory, and lazy ones of any length.
//!
//! A lazy list is cut into pieces of a few MiB. Every chunk meets each piece in a task of its own; counts of what comes before are added,
//! findings joined, by the reductions that add and join anything else.

use crate::array::{DynArray, Index, where_};
use crate::base::{Axis, DType, Element, Error, Grid, Result};
use crate::expr::{AxisMap, Chunks, IndexMap, build};
use crate::op::block::{CountBefore, IsBeside, IsIn, NamedBlock, Numbers, SearchSorted, shared};
use crate::op::sort::SortLanes;

/// Numbers to look up in: a list in memory (`&[T]`, `&[T; N]`, `&Vec<T>`), or a lazy array.
pub trait Lookup {
    /// The numbers, those in memory in the type in which they meet elements of `dtype`.
    fn numbers(self, dtype: DType) -> List;
}

/// What a [`Lookup`] holds.
#[derive(Clone, Debug)]
pub enum List {
    /// Numbers in memory.
    Held(Numbers),
    /// Numbers that a plan computes.
    Lazy(DynArray),
}

impl<T: Element> Lookup for &[T] {
    fn numbers(self, dtype: DType) -> List {
        List::Held(Numbers::beside(self, dtype))
    }
}
impl<T: Element, const N: usize> Lookup for &[T; N] {
    fn numbers(self, dtype: DType) -> List {
        List::Held(Numbers::beside(self, dtype))
    }
}
impl<T: Element> Lookup for &Vec<T> {
    fn numbers(self, dtype: DType) -> List {
        List::Held(Numbers::beside(self, dtype))
    }
}
impl Lookup for &DynArray {
    fn numbers(self, _: DType) -> List {
        List::Lazy(self.clone())
    }
}

impl DynArray {
    /// For every element the number of the bin it falls into (int64): 0 before the first, as many as there are bounds behind the last
    /// of the rising (or falling) bounds. A bin includes its lower bound, or with `right` its upper one. Bounds are a list or a lazy
    /// array. NumPy's `digitize`.
    ///
    /// # Chunks
    /// As the input. A task holds a chunk, in the dtype in which it is compared, and the result; bounds in a list are held from start to
    /// end. Of lazy bounds a task holds a piece of at most 4 MiB, and the counts of up to 8 pieces are added at a time.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 5, 1, 2)?;
    /// assert_eq!(x.digitize(&[1, 3], false)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 1, 2, 2]);
    /// assert_eq!(x.digitize(&[1, 3], true)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 0, 1, 1, 2]);
    /// let falling = arange(3, 0, -2, 1)?; // 3, 1
    /// assert_eq!(x.digitize(&falling, false)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 1, 1, 0, 0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the bounds neither rise nor fall: at the call, and of a lazy array when it runs, where that shows within a piece.
    pub fn digitize(&self, bins: impl Lookup, right: bool) -> Result<DynArray> {
        let bounds = match bins.numbers(self.dtype()) {
            List::Held(bounds) => bounds,
            List::Lazy(bounds) => return self.digitize_lazily(&bounds, right).map_err(|e| e.at("digitize")),
        };
        let (sorted, from_end) = if bounds.is_sorted() { (bounds, false) } else { (bounds.reversed(), true) };
        if !sorted.is_sorted() {
            return Err(Error::usage("digitize: the bounds of bins must rise or fall: sort them"));
        }
        placed(self, SearchSorted { sorted, right: !right, from_end })
    }

    fn digitize_lazily(&self, bounds: &DynArray, right: bool) -> Result<DynArray> {
        let counts = counted_before(self, bounds, CountBefore { equal: !right, falling: true, call: "digitize".into() })?;
        let Some(n) = bounds.shape().first().copied().filter(|&n| n > 1) else { return Ok(counts) };
        // Of falling bounds those count that are not below; NaN is above all numbers.
        let (first, last) = (bounds.index(&[Index::At(0)])?, bounds.index(&[Index::At(-1)])?);
        let from_nan = first.isnan()?.logical_and(last.isnan()?.logical_not()?)?;
        where_(&first.greater(&last)?.logical_or(from_nan)?, counts.subtract(n as i64)?.negative()?, &counts)
    }

    /// Whether each element is among `values`: a list, or a lazy array of any shape. NaN never is. NumPy's `isin`; for its `invert` take
    /// `logical_not` of the result.
    ///
    /// # Chunks
    /// As the input. A task holds a chunk, in the dtype in which it is compared, and the result; values in a list are held from start to
    /// end. Lazy values are cut into pieces of at most 4 MiB, and each is sorted; then a task holds a piece, and the findings of up to 8
    /// pieces are joined at a time.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 5, 1, 2)?;
    /// assert_eq!(x.isin(&[3, 1, 9])?.compute_as::<bool>()?.into_raw_vec_and_offset().0, [false, true, false, true, false]);
    /// let even = x.multiply(2)?;
    /// assert_eq!(x.isin(&even)?.compute_as::<bool>()?.into_raw_vec_and_offset().0, [true, false, true, false, true]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Lazy values of unknown size.
    pub fn isin(&self, values: impl Lookup) -> Result<DynArray> {
        match values.numbers(self.dtype()) {
            List::Held(values) => {
                let set = values.into_set();
                let x = self.astype(set.dtype())?;
                Ok(DynArray::wrap(build::call(shared(IsIn { set })?, &[x.expr().clone()], DType::Bool, None)?))
            }
            List::Lazy(values) => self.is_among(&values).map_err(|e| e.at("isin")),
        }
    }

    fn is_among(&self, values: &DynArray) -> Result<DynArray> {
        let (x, list) = pieces(self, &values.ravel()?)?;
        let op = SortLanes { axis: 0, places: false, n: list.parts().1.max_chunk_elements() };
        let list = DynArray::wrap(build::call(shared(op)?, &[list.expr().clone()], list.dtype(), None)?);
        let found = met(&x, &list, IsBeside {}, DType::Bool)?;
        if found.shape()[0] == 1 { found.index(&[Index::At(0)]) } else { found.any(Some(&[0])) }
    }
}

/// Where each element of `v` would have to be put into `sorted` (int64): before equal numbers, or behind them if `right`. NaN comes
/// after all others. The sorted numbers are a list or a lazy array of one dimension. NumPy's `searchsorted`.
///
/// # Chunks
/// As `v`. A task holds a chunk, in the dtype in which it is compared, and the result; a list is held from start to end. Of a lazy array
/// a task holds a piece of at most 4 MiB, and the counts of up to 8 pieces are added at a time.
///
/// # Example
/// ```
/// use tilework::array::{arange, searchsorted};
/// let v = arange(0, 5, 1, 2)?;
/// assert_eq!(searchsorted(&[1.0, 2.5, 3.0], &v, false)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 0, 1, 2, 3]);
/// let sorted = arange(0, 9, 3, 2)?; // 0, 3, 6
/// assert_eq!(searchsorted(&sorted, &v, true)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 1, 1, 2, 2]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the numbers are not sorted: at the call, and of a lazy array when it runs, where that shows within a piece. A lazy array of
/// several dimensions or of unknown size.
pub fn searchsorted(sorted: impl Lookup, v: &DynArray, right: bool) -> Result<DynArray> {
    let sorted = match sorted.numbers(v.dtype()) {
        List::Held(sorted) => sorted,
        List::Lazy(sorted) => {
            let op = CountBefore { equal: right, falling: false, call: "searchsorted".into() };
            return counted_before(v, &sorted, op).map_err(|e| e.at("searchsorted"));
        }
    };
    if !sorted.is_sorted() {
        return Err(Error::usage("searchsorted: the numbers to search in must rise: sort them"));
    }
    placed(v, SearchSorted { sorted, right, from_end: false })
}

fn placed(x: &DynArray, op: SearchSorted) -> Result<DynArray> {
    let x = x.astype(op.sorted.dtype())?;
    Ok(DynArray::wrap(build::call(shared(op)?, &[x.expr().clone()], DType::I64, None)?))
}

/// How many numbers of a lazy list come before each element.
fn counted_before(x: &DynArray, list: &DynArray, op: CountBefore) -> Result<DynArray> {
    if list.ndim() != 1 {
        return Err(Error::usage(format!("numbers to search in of {} dimensions: give 1", list.ndim())));
    }
    let (x, list) = pieces(x, list)?;
    let counts = met(&x, &list, op, DType::I64)?;
    if counts.shape()[0] == 1 { counts.index(&[Index::At(0)]) } else { counts.sum(Some(&[0])) }
}

/// Elements and list in the dtype in which they are compared, the list in pieces that are worth a task.
fn pieces(x: &DynArray, list: &DynArray) -> Result<(DynArray, DynArray)> {
    let dtype = Numbers::common(x.dtype(), list.dtype());
    list.known("a lazy list")?;
    Ok((x.astype(dtype)?, list.astype(dtype)?.rechunk(Chunks::Auto)?))
}

/// What every chunk finds in each piece of a list, along a new first axis.
fn met<B: NamedBlock>(x: &DynArray, list: &DynArray, op: B, dtype: DType) -> Result<DynArray> {
    let (_, grid) = x.parts();
    let n_pieces = list.parts().1.n_chunks();
    let out = Grid::new([Axis::regular(n_pieces, 1)].into_iter().chain(grid.axes().iter().cloned()));
    let maps = vec![IndexMap((1..=grid.ndim()).map(AxisMap::Out).collect()), IndexMap([AxisMap::Out(0)].into_iter().collect())];
    let inputs = vec![x.expr().clone(), list.expr().clone()];
    Ok(DynArray::wrap(build::call_mapped(shared(op)?, inputs, maps, dtype, out)?))
}
