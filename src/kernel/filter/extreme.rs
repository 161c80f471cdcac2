//! The largest and smallest of elements at fixed distances.

use crate::kernel::filter::pixel::Pixel;
use crate::kernel::isa::{Job, run};
use crate::kernel::lanes::Isa;
use serde::{Deserialize, Serialize};

/// Results that are made side by side.
const LANES: usize = 64;

/// Which extreme; NaN is both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extreme {
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// `out[i]` becomes the extreme of the elements at the given distances from `x[i]`; of none, it stays.
///
/// # Panics
/// When `x` ends before the last element that is needed (a bug of the caller).
pub fn extreme<T: Pixel>(x: &[T], places: &[usize], which: Extreme, out: &mut [T]) {
    let Some(reach) = places.iter().max() else { return };
    if out.is_empty() {
        return;
    }
    assert!(x.len() >= out.len() + reach, "{} elements for {} extremes", x.len(), out.len());
    match which {
        Extreme::Max => run(Isa::detect(), Near { x, places, out, join: T::larger }),
        Extreme::Min => run(Isa::detect(), Near { x, places, out, join: T::smaller }),
    }
}

struct Near<'a, T, F> {
    x: &'a [T],
    places: &'a [usize],
    out: &'a mut [T],
    join: F,
}

impl<T: Pixel, F: Fn(T, T) -> T> Job for Near<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let Near { x, places, out, join } = self;
        let (&first, rest) = match places.split_first() {
            Some(split) => split,
            None => return,
        };
        let (blocks, tail) = out.as_chunks_mut::<LANES>();
        let n = blocks.len() * LANES;
        for (b, out) in blocks.iter_mut().enumerate() {
            let x = &x[b * LANES..];
            let Some(mut now) = x[first..].first_chunk::<LANES>().copied() else { return };
            for &at in rest {
                let Some(x) = x[at..].first_chunk::<LANES>() else { return };
                for l in 0..LANES {
                    now[l] = join(now[l], x[l]);
                }
            }
            *out = now;
        }
        for (i, out) in tail.iter_mut().enumerate() {
            let x = &x[n + i..];
            *out = rest.iter().fold(x[first], |now, &at| join(now, x[at]));
        }
    }
}
