//! Counting floats into bins of one width.
//!
//! The place of an element is computed, which rounding may get wrong only close to an edge; elements that lie there are left to the
//! caller's exact comparison. So the counts are those of the edges, bit for bit, however fast most elements are counted.

use crate::kernel::lanes::Isa;

/// Most bins that are counted this way: their tables stay in the second-level cache.
pub const MOST_BINS: usize = 1 << 14;

/// Elements at a time.
const PIECE: usize = 512;
/// Adding this leaves an integer in the low bits.
const INTEGER: f64 = 4_503_599_627_370_496.0;

/// Bins of one width.
#[derive(Clone, Copy, Debug)]
pub struct Even {
    low: f64,
    /// Bins per unit.
    scale: f64,
    n: usize,
    /// How close to an edge, in widths of a bin, an element must be compared exactly.
    near: f64,
}

impl Even {
    /// The bins between rising edges; None where their widths differ too much to compute places, or there are too many.
    pub fn new(edges: &[f64]) -> Option<Even> {
        let n = edges.len().checked_sub(1).filter(|n| (1..=MOST_BINS).contains(n))?;
        let (low, high) = (edges[0], edges[n]);
        let scale = n as f64 / (high - low);
        let off = edges.iter().enumerate().map(|(i, e)| ((e - low) * scale - i as f64).abs()).fold(0.0, f64::max);
        // What computing a place rounds: once in the difference, once in the product.
        let near = 2.0 * off + 4.0 * f64::EPSILON * ((n as f64) + low.abs().max(high.abs()) * scale);
        ((high - low).is_finite() && scale.is_finite() && near < 0.01).then_some(Even { low, scale, n, near })
    }

    /// Adds the elements to the counts; `exact` says where those near an edge belong.
    pub fn count(&self, x: &[f64], counts: &mut [i64], exact: impl Fn(f64) -> Option<usize>) {
        // Cell 0 is what lies below all bins and cell n + 1 what lies above. Several tables, as equal places often follow each other.
        let cells = self.n + 2;
        let mut tables = vec![0u32; 4 * cells];
        for part in x.chunks(1 << 30) {
            let (a, rest) = tables.split_at_mut(cells);
            let (b, rest) = rest.split_at_mut(cells);
            let (c, d) = rest.split_at_mut(cells);
            let mut places = [0u32; PIECE];
            for piece in part.chunks(PIECE) {
                let places = &mut places[..piece.len()];
                self.cells(piece, places, &exact);
                let (fours, rest) = places.as_chunks::<4>();
                for four in fours {
                    a[four[0] as usize] += 1;
                    b[four[1] as usize] += 1;
                    c[four[2] as usize] += 1;
                    d[four[3] as usize] += 1;
                }
                rest.iter().for_each(|&p| a[p as usize] += 1);
            }
            for table in tables.chunks_mut(cells) {
                counts.iter_mut().zip(&table[1..]).for_each(|(n, &k)| *n += i64::from(k));
                table.fill(0);
            }
        }
    }

    /// The cell of every element: the number of its bin and 1; 0 or the number of bins and 1 outside of all. `exact` says where those
    /// near an edge belong.
    pub fn cells(&self, x: &[f64], cells: &mut [u32], exact: impl Fn(f64) -> Option<usize>) {
        if self.places(x, cells) {
            for (c, &v) in cells.iter_mut().zip(x) {
                if self.is_near(v) {
                    *c = exact(v).map_or(0, |i| i as u32 + 1);
                }
            }
        }
    }

    #[inline(always)]
    fn is_near(&self, v: f64) -> bool {
        let f = (v - self.low) * self.scale;
        (f - f.round_ties_even()).abs() <= self.near
    }

    /// The cell of every element; whether any of them must be compared exactly.
    fn places(&self, x: &[f64], places: &mut [u32]) -> bool {
        match Isa::detect() {
            // SAFETY: the machine has the features.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { self.places_avx512(x, places) },
            // SAFETY: the machine has the features.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { self.places_avx2(x, places) },
            _ => self.places_here(x, places),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn places_avx2(&self, x: &[f64], places: &mut [u32]) -> bool {
        self.places_here(x, places)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    fn places_avx512(&self, x: &[f64], places: &mut [u32]) -> bool {
        self.places_here(x, places)
    }

    #[inline(always)]
    fn places_here(&self, x: &[f64], places: &mut [u32]) -> bool {
        let above = self.n as f64;
        let mut near = false;
        for (p, &v) in places.iter_mut().zip(x) {
            let f = (v - self.low) * self.scale;
            near |= (f - f.round_ties_even()).abs() <= self.near;
            // NaN, too, goes below.
            let bin = if f >= 0.0 { f } else { -1.0 };
            let bin = if bin < above { bin.floor() } else { above };
            *p = (bin + (INTEGER + 1.0)).to_bits() as u32;
        }
        near
    }
}

#[cfg(test)]
mod tests {
    use super::Even;

    fn exact(edges: &[f64], v: f64) -> Option<usize> {
        let last = edges.len() - 2;
        (edges[0] <= v && v <= edges[last + 1]).then(|| edges.partition_point(|&e| e <= v).saturating_sub(1).min(last))
    }

    #[test]
    fn counts_are_those_of_the_edges() {
        for (low, high, n) in [(-5.0, 5.0, 100), (0.1, 0.7, 7), (-1e6, 1e6, 13), (1e9, 1e9 + 1.0, 10), (0.0, 1e-300, 3)] {
            let step = (high - low) / f64::from(n);
            let edges: Vec<f64> = (0..=n).map(|i| if i == n { high } else { f64::from(i) * step + low }).collect();
            let even = Even::new(&edges).unwrap();
            let mut x: Vec<f64> = (0..5000).map(|i| low + (high - low) * (f64::from(i) / 4500.0 - 0.05)).collect();
            x.extend(edges.iter().flat_map(|&e| [e.next_down(), e, e.next_up()]));
            x.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, -0.0]);
            let mut want = vec![0; n as usize];
            x.iter().filter_map(|&v| exact(&edges, v)).for_each(|i| want[i] += 1);
            let mut got = vec![0; n as usize];
            even.count(&x, &mut got, |v| exact(&edges, v));
            assert_eq!(got, want, "{low} to {high}");
            let mut got = vec![0u32; x.len()];
            let mut vector = got.clone();
            assert_eq!(even.places(&x, &mut vector), even.places_here(&x, &mut got));
            assert_eq!(vector, got);
        }
    }

    #[test]
    fn uneven_edges_are_left_alone() {
        assert!(Even::new(&[0.0, 1.0, 3.0]).is_none());
        assert!(Even::new(&[1.0, 1.0]).is_none());
        assert!(Even::new(&[1.0]).is_none());
        assert!(Even::new(&[-1e308, 1e308]).is_none());
    }
}
