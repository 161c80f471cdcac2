//! Counting the elements of a block into bins. Blocks have an axis of length 1 at their end, in whose place the bins come; all
//! other axes of the result have length 1.
//!
//! Weights are added in float64, in order of the elements.

use crate::base::{Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::histogram::{Even, MOST_BINS};
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// The one input.
pub(crate) fn only(inputs: &[Tensor]) -> Result<&Tensor> {
    inputs.first().ok_or_else(|| Error::bug("a block function without an input"))
}

/// Elements (float64) between edges; int64 counts, or float64 sums of the weights in the second input.
#[derive(Debug, Serialize, Deserialize)]
pub struct Histogram {
    /// Bin `i` begins at edge `i` and ends before the next; the last includes its end. Rising.
    pub edges: Vec<f64>,
    /// Whether all bins have about the same width, so that places can be computed.
    pub even: bool,
}

impl Histogram {
    fn bin(&self, x: f64) -> Option<usize> {
        let last = self.edges.len().checked_sub(2)?;
        let (low, high) = (self.edges[0], self.edges[last + 1]);
        if !(low <= x && x <= high) {
            return None;
        }
        if !self.even {
            return Some(self.edges.partition_point(|&e| e <= x).saturating_sub(1).min(last));
        }
        let mut i = (((x - low) / (high - low) * (last + 1) as f64) as usize).min(last);
        // The division may be off by its rounding; the edges decide.
        while i > 0 && x < self.edges[i] {
            i -= 1;
        }
        while i < last && x >= self.edges[i + 1] {
            i += 1;
        }
        Some(i)
    }
}

impl NamedBlock for Histogram {
    const NAME: &'static str = "histogram";
    const DOC: &'static str = "How many elements, or what sum of weights, falls into each bin.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = only(inputs)?.as_slice::<f64>()?;
        let n = self.edges.len().saturating_sub(1);
        if let (true, 1, Some(even)) = (self.even, inputs.len(), Even::new(&self.edges)) {
            let mut counts = vec![0i64; n];
            even.count(x, &mut counts, |v| self.bin(v));
            return Tensor::from_vec(&block.region.shape(), counts);
        }
        count(inputs, n, &block.region.shape(), x.iter().map(|&v| Ok(self.bin(v))))
    }

    // Inputs that must be copied together, and the tables of counts.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.iter().sum::<u64>() + 16 * (self.edges.len().min(MOST_BINS + 1) as u64 + 1)
    }

    fn held_bytes(&self) -> u64 {
        8 * self.edges.len() as u64
    }
}

/// Points, whose coordinates (float64) are the inputs, between the edges of every axis; int64 counts of all bins in C order, or float64
/// sums of the weights in one input more.
#[derive(Debug, Serialize, Deserialize)]
pub struct HistogramDd {
    /// The bins along each axis.
    pub axes: Vec<Histogram>,
}

/// Points at a time.
const PIECE: usize = 512;

impl HistogramDd {
    /// For points from `start` on, the number of the bin; None outside of all.
    fn bins(&self, xs: &[&[f64]], start: usize, out: &mut [Option<usize>], even: &[Option<Even>]) {
        let mut cells = [0u32; PIECE];
        let cells = &mut cells[..out.len()];
        out.fill(Some(0));
        for ((axis, x), even) in self.axes.iter().zip(xs).zip(even) {
            let (x, n) = (&x[start..start + out.len()], axis.edges.len() - 1);
            match even {
                Some(even) => even.cells(x, cells, |v| axis.bin(v)),
                None => x.iter().zip(&mut *cells).for_each(|(&v, c)| *c = axis.bin(v).map_or(0, |i| i as u32 + 1)),
            }
            for (o, &c) in out.iter_mut().zip(&*cells) {
                let inside = (1..=n).contains(&(c as usize));
                *o = if inside { o.map(|o| o * n + c as usize - 1) } else { None };
            }
        }
    }
}

impl NamedBlock for HistogramDd {
    const NAME: &'static str = "histogramdd";
    const DOC: &'static str = "How many points, or what sum of weights, fall into each bin of a grid.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let d = self.axes.len();
        let slices: Vec<&[f64]> = inputs.iter().map(Tensor::as_slice::<f64>).collect::<Result<_>>()?;
        let n = slices.first().map_or(0, |x| x.len());
        let shape = block.region.shape();
        let n_bins = self.axes.iter().map(|a| a.edges.len().saturating_sub(1)).product::<usize>();
        if d == 0 || slices.len() < d || slices.iter().any(|x| x.len() != n) || shape.iter().product::<usize>() != n_bins {
            return Err(Error::bug(format!("{} inputs for {d} axes, {n_bins} bins for {shape:?}", slices.len())));
        }
        let even: Vec<Option<Even>> = self.axes.iter().map(|a| a.even.then(|| Even::new(&a.edges)).flatten()).collect();
        let mut places = [None; PIECE];
        let (mut counts, mut sums) = (Vec::new(), Vec::new());
        if d == slices.len() {
            counts.resize(n_bins, 0i64)
        } else {
            sums.resize(n_bins, 0f64)
        }
        for start in (0..n).step_by(PIECE) {
            let places = &mut places[..PIECE.min(n - start)];
            self.bins(&slices[..d], start, places, &even);
            match slices.get(d) {
                None => places.iter().flatten().for_each(|&i| counts[i] += 1),
                Some(w) => places.iter().zip(&w[start..]).for_each(|(i, w)| {
                    if let Some(i) = *i {
                        sums[i] += w;
                    }
                }),
            }
        }
        if d == slices.len() { Tensor::from_vec(&shape, counts) } else { Tensor::from_vec(&shape, sums) }
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.iter().sum::<u64>() + (64 * self.axes.len() + 32 * PIECE) as u64
    }

    fn held_bytes(&self) -> u64 {
        self.axes.iter().map(NamedBlock::held_bytes).sum()
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 2
    }
}

/// How often each of the numbers below `n` occurs among elements (int64), or the sums of their weights.
#[derive(Debug, Serialize, Deserialize)]
pub struct BinCount {
    /// Number of bins.
    pub n: usize,
}

impl NamedBlock for BinCount {
    const NAME: &'static str = "bincount";
    const DOC: &'static str = "How often each number occurs, or the sum of weights beside it.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = only(inputs)?.as_slice::<i64>()?;
        let bin = |&v: &i64| match usize::try_from(v) {
            Ok(i) if i < self.n => Ok(Some(i)),
            _ => Err(Error::usage(format!("{v} is not within 0 and {}: raise the length, or choose elements with where_", self.n))),
        };
        count(inputs, self.n, &block.region.shape(), x.iter().map(bin))
    }
}

fn count(inputs: &[Tensor], n: usize, shape: &[usize], bins: impl Iterator<Item = Result<Option<usize>>>) -> Result<Tensor> {
    if shape.iter().product::<usize>() != n {
        return Err(Error::bug(format!("{n} bins for a block of shape {shape:?}")));
    }
    if let Some(w) = inputs.get(1) {
        let mut sums = vec![0.0f64; n];
        for (bin, w) in bins.zip(w.as_slice::<f64>()?) {
            if let Some(i) = bin? {
                sums[i] += w;
            }
        }
        return Tensor::from_vec(shape, sums);
    }
    let mut counts = vec![0i64; n];
    for bin in bins {
        if let Some(i) = bin? {
            counts[i] += 1;
        }
    }
    Tensor::from_vec(shape, counts)
}
