//! Quantiles: of lanes that lie in one chunk, and of arrays of any length in two reads.
//!
//! A long array is sampled first: of every so many elements one, at a place drawn by the element's number. The samples bound the ranks
//! that are wanted from below and above, nine standard deviations away, so that the second read keeps only the elements between; what
//! lies below, and what equals a bound, is counted. So the result is exact. That a bound is missed has a chance of about 1 in 10^18 for
//! a rank; the run then fails, and never gives a wrong number.

use crate::base::{DType, Element, Error, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::call::{BlockInfo, ShuffleBytes, ShuffleOp};
use crate::for_real;
use crate::kernel::sort::{self, SortKey};
use crate::op::block::{NamedBlock, only};
use crate::op::named;
use crate::op::sort::QuantileMethod;
use crate::op::sort::cuts::parts;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Which quantiles, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Each from 0 to 1.
    pub q: Vec<f64>,
    /// How they are taken.
    pub method: QuantileMethod,
    /// NaN is left out; else it makes the result NaN.
    pub skip_nan: bool,
}

impl Quantiles {
    /// Dtype of the result: that of the elements where it is one of them or a float, else float64.
    pub fn dtype(&self, of: DType) -> DType {
        if of.is_float() || self.method.takes_elements() { of } else { DType::F64 }
    }

    /// The ranks that are looked at among `n` elements, rising.
    fn ranks(&self, n: usize) -> Vec<usize> {
        if n == 0 {
            return vec![];
        }
        let both = self.q.iter().map(|&q| self.method.between(n, q)).flat_map(|b| [b.low, b.high]);
        let mut ranks: Vec<usize> = both.collect();
        ranks.sort_unstable();
        ranks.dedup();
        ranks
    }

    /// The results, from the elements of [`ranks`](Quantiles::ranks) among `n`; NaN (0 where there is none) of nothing.
    fn values<T: SortKey>(&self, n: usize, ranks: &[usize], elements: &[T]) -> Vec<T> {
        let at = |rank: usize| ranks.binary_search(&rank).map_or(T::default(), |i| elements[i]);
        let one = |&q: &f64| {
            if n == 0 {
                return T::from_scalar(f64::NAN.into());
            }
            let b = self.method.between(n, q);
            if b.low == b.high {
                return at(b.low);
            }
            let float = |v: T| -> f64 { Into::<crate::base::Scalar>::into(v).as_f64() };
            T::from_scalar(b.value(float(at(b.low)), float(at(b.high))).into())
        };
        self.q.iter().map(one).collect()
    }
}

/// The quantiles of every lane along an axis, in the axis's place. Elements have the dtype of the result.
#[derive(Debug, Serialize, Deserialize)]
pub struct LaneQuantiles {
    /// Which.
    pub quantiles: Quantiles,
    /// The axis.
    pub axis: usize,
    /// Length of a lane.
    pub n: usize,
}

impl LaneQuantiles {
    fn lanes<T: SortKey>(&self, lanes: &Tensor, n: usize, out: &mut Vec<T>) -> Result<()> {
        let mut lane: Vec<T> = Vec::with_capacity(n);
        for elements in lanes.as_slice::<T>()?.chunks_exact(n.max(1)) {
            lane.clear();
            lane.extend(elements.iter().filter(|v| !v.has_nan()));
            if lane.len() < n && !self.quantiles.skip_nan {
                lane.clear();
            }
            let ranks = self.quantiles.ranks(lane.len());
            let elements = sort::select(&mut lane, &ranks);
            out.extend(self.quantiles.values(lane.len(), &ranks, &elements));
        }
        Ok(())
    }
}

impl NamedBlock for LaneQuantiles {
    const NAME: &'static str = "quantile";
    const DOC: &'static str = "Quantiles of every lane of a block.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = only(inputs)?;
        let n_q = self.quantiles.q.len();
        sort::by_lanes(x, self.axis, |lanes, n| {
            let mut shape = lanes.shape().to_vec();
            let outer: usize = shape[..shape.len() - 1].iter().product();
            shape[lanes.ndim() - 1] = n_q;
            for_real!(x.dtype(), T => {
                let mut out: Vec<T> = Vec::with_capacity(outer * n_q);
                self.lanes::<T>(lanes, n, &mut out)?;
                out.resize(outer * n_q, T::from_scalar(f64::NAN.into())); // lanes without elements
                Tensor::from_vec(&shape, out)
            }, DType::C64 | DType::C128 => Err(Error::bug("quantiles of complex numbers")))
        })
    }

    // The lanes side by side, one of them again (of at most 8 bytes for an element), and the results before axes are put back.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let (input, n, n_q) = (input_bytes.iter().sum::<u64>(), self.n as u64, self.quantiles.q.len() as u64);
        input + 8 * n + (input / n.max(1)).saturating_mul(n_q) + 64 * n_q
    }

    fn held_bytes(&self) -> u64 {
        8 * self.quantiles.q.len() as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 2
    }
}

/// So many standard deviations of a rank lie between it and its bounds.
const SIGMAS: f64 = 9.0;

/// The quantiles of all elements of an array.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GlobalQuantiles {
    /// Which.
    pub quantiles: Quantiles,
    /// Of the elements.
    pub dtype: DType,
    /// Number of elements.
    pub n: usize,
    /// Of so many elements one is sampled.
    pub every: usize,
}

/// What lies between two bounds, and what is known of the rest.
#[derive(Debug, Default)]
struct Window<T> {
    n_below: i64,
    n_low: i64,
    n_high: i64,
    between: Vec<T>,
}

impl GlobalQuantiles {
    /// Name on the wire.
    pub const NAME: &'static str = "global_quantile";
    /// One sentence for the docs.
    pub const DOC: &'static str = "Exact quantiles of all elements of an array, in two reads.";

    /// Makes it again.
    ///
    /// # Errors
    /// Parameters that cannot be read.
    pub fn open(params: &[u8]) -> Result<Arc<dyn ShuffleOp>> {
        let op: Self = named::opened(Self::NAME, params)?;
        if op.every == 0 || op.dtype.is_complex() {
            return Err(Error::corrupt(format!("parameters of {}", Self::NAME)));
        }
        Ok(Arc::new(op))
    }

    /// The elements between the bounds of one rank, at most, as a share of all: twice what is expected.
    fn share(&self) -> f64 {
        let m = (self.n / self.every).max(1) as f64;
        (2.0 * (SIGMAS * m.sqrt() + 4.0) / m).min(1.0)
    }

    /// Of every so many elements one, and how many are no NaN.
    fn sampled<T: SortKey>(&self, i: usize, x: &Tensor) -> Result<Chunk> {
        let x = x.contiguous();
        let v = x.as_slice::<T>()?;
        let n_valid = v.iter().filter(|v| !v.has_nan()).count();
        let sample = v.chunks(self.every).enumerate().filter_map(|(k, block)| {
            let number = [(i as u64).to_le_bytes(), (k as u64).to_le_bytes()].concat();
            let at = (xxh3_64_with_seed(&number, 11) % block.len() as u64) as usize;
            Some(block[at]).filter(|v| !v.has_nan())
        });
        let sample: Vec<T> = sample.collect();
        let n = Tensor::from_vec(&[2], vec![n_valid as i64, v.len() as i64])?;
        Ok(Chunk::List([Tensor::from_vec(&[sample.len()], sample)?.into(), n.into()].into()))
    }

    /// Disjoint windows around all ranks: their bounds, and whether there is none on that side.
    fn windows<T: SortKey>(&self, samples: &[Chunk]) -> Result<Chunk> {
        let (mut all, mut n_valid, mut n) = (Vec::new(), 0, 0);
        for s in samples {
            let [sample, counts] = parts::<2>(s)?;
            all.extend_from_slice(sample.tensor()?.as_slice::<T>()?);
            let counts = counts.tensor()?.as_slice::<i64>()?;
            n_valid += counts[0];
            n += counts[1];
        }
        sort::sort::<T>(&mut all);
        let kept = if n_valid < n && !self.quantiles.skip_nan { 0 } else { n_valid };
        let m = all.len();
        let slack = SIGMAS * 0.5 * (m as f64).sqrt() + 2.0;
        let mut windows: Vec<(usize, usize)> = Vec::new(); // places in the sample, one behind it for none
        for rank in self.quantiles.ranks(kept as usize) {
            let at = rank as f64 / kept as f64 * m as f64;
            let low = if at - slack < 1.0 { 0 } else { (at - slack) as usize };
            let high = ((at + slack).ceil() as usize).min(m + 1);
            match windows.last_mut() {
                Some(last) if low <= last.1 => last.1 = high.max(last.1),
                _ => windows.push((low, high)),
            }
        }
        // Bound k of the sample is its element k - 1.
        let bound = |k: usize| if k == 0 || k > m { T::default() } else { all[k - 1] };
        let bounds: Vec<T> = windows.iter().flat_map(|w| [bound(w.0), bound(w.1)]).collect();
        let open: Vec<bool> = windows.iter().flat_map(|w| [w.0 == 0, w.1 > m]).collect();
        let len = [bounds.len()];
        let kept = Tensor::from_vec(&[1], vec![kept])?;
        Ok(Chunk::List([Tensor::from_vec(&len, bounds)?.into(), Tensor::from_vec(&len, open)?.into(), kept.into()].into()))
    }

    /// What of a chunk lies in each window.
    fn within<T: SortKey>(&self, x: &Tensor, cuts: &Chunk) -> Result<Chunk> {
        let [bounds, open, kept] = parts::<3>(cuts)?;
        let (bounds, open) = (bounds.tensor()?.as_slice::<T>()?, open.tensor()?.as_slice::<bool>()?);
        let x = x.contiguous();
        let v = x.as_slice::<T>()?;
        let mut out = vec![kept.clone()];
        for (b, o) in bounds.chunks_exact(2).zip(open.chunks_exact(2)) {
            let w = window(v, (!o[0]).then_some(b[0]), (!o[1]).then_some(b[1]));
            out.push(Tensor::from_vec(&[3], vec![w.n_below, w.n_low, w.n_high])?.into());
            out.push(Tensor::from_vec(&[2], b.to_vec())?.into());
            out.push(Tensor::from_vec(&[w.between.len()], w.between)?.into());
        }
        Ok(Chunk::List(out.into()))
    }

    fn found<T: SortKey>(&self, pieces: &[Chunk]) -> Result<Tensor> {
        let lists: Vec<&[Chunk]> = pieces
            .iter()
            .map(|p| if let Chunk::List(items) = p { Ok(items.as_ref()) } else { Err(Error::bug("a piece that is no list")) })
            .collect::<Result<_>>()?;
        let first = lists.first().ok_or_else(|| Error::bug("quantiles of no pieces"))?;
        let kept = first[0].tensor()?.as_slice::<i64>()?[0] as usize;
        let ranks = self.quantiles.ranks(kept);
        let mut elements: Vec<T> = Vec::with_capacity(ranks.len());
        for k in 0..(first.len() - 1) / 3 {
            let bounds = first[3 * k + 2].tensor()?.as_slice::<T>()?;
            let mut w = Window::<T>::default();
            for list in &lists {
                let counts = list[3 * k + 1].tensor()?.as_slice::<i64>()?;
                (w.n_below, w.n_low, w.n_high) = (w.n_below + counts[0], w.n_low + counts[1], w.n_high + counts[2]);
                w.between.extend_from_slice(list[3 * k + 3].tensor()?.as_slice::<T>()?);
            }
            let start = (w.n_below + w.n_low) as usize;
            let (inside, end) = (start + w.between.len(), start + w.between.len() + w.n_high as usize);
            // The ranks of this window are those that follow in order.
            let rest = &ranks[elements.len()..];
            if rest.first().is_some_and(|&r| r < w.n_below as usize) {
                break;
            }
            let (low, middle) = (rest.partition_point(|&r| r < start), rest.partition_point(|&r| r < inside));
            let high = rest.partition_point(|&r| r < end);
            elements.extend(std::iter::repeat_n(bounds[0], low));
            let places: Vec<usize> = rest[low..middle].iter().map(|r| r - start).collect();
            elements.extend(sort::select(&mut w.between, &places));
            elements.extend(std::iter::repeat_n(bounds[1], high - middle));
        }
        if elements.len() < ranks.len() {
            return Err(Error::bug("a sample missed the rank it was to bound: cut the array otherwise"));
        }
        Tensor::from_vec(&[self.quantiles.q.len()], self.quantiles.values(kept, &ranks, &elements))
    }
}

/// Counts what lies below and at the bounds, and collects what lies between.
fn window<T: SortKey>(v: &[T], low: Option<T>, high: Option<T>) -> Window<T> {
    let mut w = Window::default();
    let (low, high) = (low.map(T::key), high.map(T::key));
    for &x in v {
        let key = x.key();
        let above_low = low.is_none_or(|l| key > l);
        let below_high = high.is_none_or(|h| key < h);
        if above_low && below_high {
            if !x.has_nan() {
                w.between.push(x);
            }
        } else if !above_low {
            if Some(key) == low { w.n_low += 1 } else { w.n_below += 1 }
        } else if Some(key) == high {
            w.n_high += 1;
        }
    }
    w
}

impl ShuffleOp for GlobalQuantiles {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn params(&self) -> Result<Vec<u8>> {
        named::params(Self::NAME, self)
    }

    fn key(&self) -> u128 {
        named::key(Self::NAME, &self.params().unwrap_or_default())
    }

    fn label(&self) -> String {
        "quantile".into()
    }

    fn bytes(&self, chunk_bytes: u64, all_bytes: u64) -> ShuffleBytes {
        let size = self.dtype.size() as u64;
        let n_windows = 2 * self.quantiles.q.len() as u64;
        let fixed = (n_windows + 1) * (2 * size + 64) + Chunk::OVERHEAD_BYTES;
        let share = (self.share() * n_windows as f64).min(1.0);
        let part = (share * chunk_bytes as f64) as u64;
        let n_samples = self.n as u64 / self.every as u64 + all_bytes / chunk_bytes.max(1) + 1;
        ShuffleBytes {
            prepared: None,
            sample: Some((chunk_bytes / size / self.every as u64 + 1) * size + 16 + Chunk::OVERHEAD_BYTES),
            cuts: fixed,
            piece: part + fixed,
            prepare_scratch: chunk_bytes,
            cuts_scratch: n_samples * size + 16 * n_windows,
            // All that is wanted may lie in one chunk.
            split_scratch: 2 * chunk_bytes,
            merge_scratch: (share * all_bytes as f64) as u64 * 2,
        }
    }

    fn prepare(&self, i: usize, chunk: &Chunk) -> Result<(Chunk, Chunk)> {
        let sample = for_real!(self.dtype, T => self.sampled::<T>(i, chunk.tensor()?), DType::C64 | DType::C128 => refused());
        Ok((chunk.clone(), sample?))
    }

    fn cuts(&self, samples: &[Chunk]) -> Result<Chunk> {
        for_real!(self.dtype, T => self.windows::<T>(samples), DType::C64 | DType::C128 => refused())
    }

    fn piece(&self, _: usize, chunk: &Chunk, cuts: &Chunk, _: usize) -> Result<Chunk> {
        for_real!(self.dtype, T => self.within::<T>(chunk.tensor()?, cuts), DType::C64 | DType::C128 => refused())
    }

    fn merge(&self, _: usize, pieces: &[Chunk]) -> Result<Vec<Chunk>> {
        let found = for_real!(self.dtype, T => self.found::<T>(pieces), DType::C64 | DType::C128 => refused());
        Ok(vec![found?.into()])
    }
}

fn refused<T>() -> Result<T> {
    Err(Error::bug("quantiles of complex numbers"))
}
