//! What is brought into a program's slots before a block is computed: elements of inputs, and numbers by where elements are.

use crate::chunk::Tensor;
use crate::kernel::compile::{FeedSpec, Origin};
use crate::kernel::layout::{BAND, Layout};
use crate::kernel::run::Placement;
use smallvec::SmallVec;
use std::cell::Cell;

/// How a feed's elements reach their slot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Read where they lie.
    Direct,
    /// One value, in the register since the start.
    Filled,
    /// Gathered block by block, unless a block lies within a contiguous row.
    Gathered,
    /// Counted block by block.
    Counted,
    /// Gathered by bands of rows: what results are computed by.
    Banded,
    /// Gathered by bands of whole rows of so many columns: what reductions are computed by.
    Rows(usize),
}

/// A slot that is brought in before each block.
pub(super) struct Feed {
    pub(super) way: Way,
    /// The element at index `[0, 0, …]`.
    pub(super) origin: *const u8,
    /// The number at index `[0, 0, …]`.
    pub(super) base: i64,
    pub(super) layout: Layout,
    pub(super) size: usize,
    pub(super) register: *mut u8,
    /// The current row of a band.
    pub(super) band_row: *mut u8,
    /// The band of whole rows that the register holds.
    pub(super) band: Cell<usize>,
}

impl Feed {
    pub(super) fn new(spec: &FeedSpec, inputs: &[Tensor], place: &Placement<'_>, register: *mut u8, n_first: usize) -> Feed {
        let (origin, base, layout) = match &spec.origin {
            Origin::Input(s) => {
                let t = &inputs[*s as usize];
                (t.origin(), 0, Layout::new(t.shape(), t.strides()))
            }
            Origin::Number(line) => {
                let step = |a: usize| line.steps.get(a).map_or(0, |&s| s as isize);
                let strides: SmallVec<[isize; 4]> = (0..place.shape.len()).map(step).collect();
                (std::ptr::null(), line.at(place.origin), Layout::new(place.shape, &strides))
            }
        };
        let is_memory = matches!(spec.origin, Origin::Input(_));
        let way = match layout.flat() {
            Some(1) if is_memory => Way::Direct,
            Some(0) => Way::Filled,
            _ if is_memory => Way::Gathered,
            _ => Way::Counted,
        };
        let band = Cell::new(usize::MAX);
        let mut feed = Feed { way, origin, base, layout, size: spec.dtype.size(), register, band_row: register, band };
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
    pub(super) fn lies_at(&self, start: usize, n: usize) -> Option<*const u8> {
        match self.way {
            Way::Direct => Some(self.origin.wrapping_add(start * self.size)),
            Way::Gathered => {
                let (inner, stride) = self.layout.inner();
                let within = stride == 1 && start % inner + n <= inner;
                within.then(|| self.origin.wrapping_offset(self.layout.offset(start) * self.size as isize))
            }
            Way::Filled | Way::Counted | Way::Banded | Way::Rows(_) => None,
        }
    }

    /// A pointer to the elements `start .. start + n`, after bringing them into the register if need be.
    ///
    /// # Safety
    /// The range must lie within the chunk and be no longer than a block.
    #[inline]
    pub(super) unsafe fn bring(&self, start: usize, n: usize) -> *mut u8 {
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
            Way::Rows(cols) => {
                let (row, column) = (start / cols, start % cols);
                if self.band.replace(row / BAND) != row / BAND {
                    // SAFETY: the band lies within the input, and the register holds a band of whole rows.
                    unsafe { self.layout.gather_band(self.origin, self.size, row / BAND * BAND, 0..cols, cols, self.register) };
                }
                return self.register.wrapping_add((row % BAND * cols + column) * self.size);
            }
            Way::Direct | Way::Filled => {}
        }
        self.register
    }
}
