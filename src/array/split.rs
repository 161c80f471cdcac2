//! Arrays taken apart along an axis.

use crate::array::{DynArray, Index};
use crate::base::{Error, Result};
use crate::expr::build;

/// Where an array is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sections {
    /// Into so many parts.
    Number(usize),
    /// Before these positions, which rise (negative: from the end); what lies beyond the axis makes empty parts.
    At(Vec<isize>),
}

impl From<usize> for Sections {
    fn from(n: usize) -> Sections {
        Sections::Number(n)
    }
}
impl From<&[isize]> for Sections {
    fn from(v: &[isize]) -> Sections {
        Sections::At(v.to_vec())
    }
}
impl From<Vec<isize>> for Sections {
    fn from(v: Vec<isize>) -> Sections {
        Sections::At(v)
    }
}
impl<const N: usize> From<[isize; N]> for Sections {
    fn from(v: [isize; N]) -> Sections {
        Sections::At(v.to_vec())
    }
}

impl DynArray {
    /// The parts of the array along an axis: so many of one length, or those before, between and after positions. NumPy's `split`.
    ///
    /// # Chunks
    /// As the input, each cut where a part begins or ends.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?;
    /// let thirds = x.split(3, 0)?;
    /// assert_eq!(thirds[1].compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 3]);
    /// let parts = x.split([1, -1], 0)?;
    /// assert_eq!(parts[1].compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 3, 4]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds, 0 parts, a number of parts that does not divide the length (see
    /// [`array_split`](DynArray::array_split)).
    pub fn split(&self, sections: impl Into<Sections>, axis: isize) -> Result<Vec<DynArray>> {
        self.split_at(&sections.into(), axis, true).map_err(|e| e.at("split"))
    }

    /// As [`split`](DynArray::split), but the first parts are longer by one where the number does not divide the length. NumPy's
    /// `array_split`.
    ///
    /// # Chunks
    /// As [`split`](DynArray::split).
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let lengths: Vec<usize> = arange(0, 8, 1, 4)?.array_split(3, 0)?.iter().map(|p| p.shape()[0]).collect();
    /// assert_eq!(lengths, [3, 3, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds, 0 parts.
    pub fn array_split(&self, sections: impl Into<Sections>, axis: isize) -> Result<Vec<DynArray>> {
        self.split_at(&sections.into(), axis, false).map_err(|e| e.at("array_split"))
    }

    /// [`split`](DynArray::split) along axis 1: into columns side by side; of one dimension along its axis. NumPy's `hsplit`.
    ///
    /// # Chunks
    /// As [`split`](DynArray::split).
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let halves = arange(0, 8, 1, 4)?.reshape(&[2, 4])?.hsplit(2)?;
    /// assert_eq!(halves[1].compute_as::<i64>()?, ndarray::array![[2, 3], [6, 7]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`split`](DynArray::split); an array without axes.
    pub fn hsplit(&self, sections: impl Into<Sections>) -> Result<Vec<DynArray>> {
        self.split_at(&sections.into(), isize::from(self.ndim() > 1), true).map_err(|e| e.at("hsplit"))
    }

    /// [`split`](DynArray::split) along axis 0: into rows one above the other. NumPy's `vsplit`.
    ///
    /// # Chunks
    /// As [`split`](DynArray::split).
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let halves = arange(0, 8, 1, 4)?.reshape(&[4, 2])?.vsplit(2)?;
    /// assert_eq!(halves[0].compute_as::<i64>()?, ndarray::array![[0, 1], [2, 3]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`split`](DynArray::split); an array of fewer than two dimensions.
    pub fn vsplit(&self, sections: impl Into<Sections>) -> Result<Vec<DynArray>> {
        self.has_axes(2).and_then(|()| self.split_at(&sections.into(), 0, true)).map_err(|e| e.at("vsplit"))
    }

    /// [`split`](DynArray::split) along axis 2: into slices one behind the other. NumPy's `dsplit`.
    ///
    /// # Chunks
    /// As [`split`](DynArray::split).
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let halves = arange(0, 8, 1, 4)?.reshape(&[2, 1, 4])?.dsplit(2)?;
    /// assert_eq!(halves[1].compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 3, 6, 7]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`split`](DynArray::split); an array of fewer than three dimensions.
    pub fn dsplit(&self, sections: impl Into<Sections>) -> Result<Vec<DynArray>> {
        self.has_axes(3).and_then(|()| self.split_at(&sections.into(), 2, true)).map_err(|e| e.at("dsplit"))
    }

    /// The array for each index along an axis, which goes away. NumPy's `unstack`, the inverse of [`stack`](crate::array::stack).
    ///
    /// # Chunks
    /// As the input along the axes that stay.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let columns = arange(0, 6, 1, 4)?.reshape(&[3, 2])?.unstack(1)?;
    /// assert_eq!(columns[1].compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 3, 5]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds or of unknown size.
    pub fn unstack(&self, axis: isize) -> Result<Vec<DynArray>> {
        self.known("unstack")?;
        let axis = build::normalize_axis(axis, self.ndim()).map_err(|e| e.at("unstack"))?;
        let mut parts = vec![Index::from(..); axis + 1];
        let at = |i| {
            parts[axis] = Index::At(i);
            self.index(&parts)
        };
        (0..self.shape()[axis] as isize).map(at).collect()
    }

    fn has_axes(&self, least: usize) -> Result<()> {
        match self.ndim() {
            n if n < least => Err(Error::usage(format!("an array of {n} dimensions: it needs {least} at least"))),
            _ => Ok(()),
        }
    }

    fn split_at(&self, sections: &Sections, axis: isize, evenly: bool) -> Result<Vec<DynArray>> {
        self.known("an axis")?;
        let axis = build::normalize_axis(axis, self.ndim())?;
        let n = self.shape()[axis];
        let bounds: Vec<isize> = match sections {
            Sections::Number(0) => return Err(Error::usage("0 parts: give at least 1")),
            Sections::Number(k) if evenly && !n.is_multiple_of(*k) => {
                return Err(Error::usage(format!(
                    "{n} elements along axis {axis} do not make {k} parts of one length: use array_split"
                )));
            }
            Sections::Number(k) => (1..*k).map(|i| (i * (n / k) + i.min(n % k)) as isize).collect(),
            Sections::At(at) => at.clone(),
        };
        let ends = bounds.iter().copied().map(Some).chain([None]);
        let mut parts = vec![Index::from(..); axis + 1];
        let mut start = Some(0);
        let part = |end: Option<isize>| {
            parts[axis] = Index::Slice(start, end, None);
            start = end;
            self.index(&parts)
        };
        ends.map(part).collect()
    }
}
