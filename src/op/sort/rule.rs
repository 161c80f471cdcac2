//! What a quantile is: between which elements it lies, and where between them.
//!
//! The methods and their names are those of NumPy's `quantile`; nine of them are of Hyndman and Fan, "Sample quantiles in statistical
//! packages" (1996).

use serde::{Deserialize, Serialize};

/// How a quantile is taken from sorted elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuantileMethod {
    /// Between the neighbours of `(n - 1) q`, in proportion (R 7). NumPy's default.
    #[default]
    Linear,
    /// The element below `(n - 1) q`.
    Lower,
    /// The element above `(n - 1) q`.
    Higher,
    /// The mean of both.
    Midpoint,
    /// The nearer of both, of two equally near the one of even rank.
    Nearest,
    /// The first element that at least `n q` are not above (R 1).
    InvertedCdf,
    /// As `InvertedCdf`, with the mean of two where the share is met exactly (R 2).
    AveragedInvertedCdf,
    /// The observation nearest to `n q` (R 3).
    ClosestObservation,
    /// Linear interpolation of the share of elements (R 4).
    InterpolatedInvertedCdf,
    /// Hazen's (R 5).
    Hazen,
    /// Weibull's (R 6).
    Weibull,
    /// About unbiased for the median of any distribution (R 8).
    MedianUnbiased,
    /// About unbiased for the normal distribution (R 9).
    NormalUnbiased,
}

/// Two ranks and where between their elements the quantile lies: 0 at the first, 1 at the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Between {
    pub low: usize,
    pub high: usize,
    pub part: f64,
}

impl QuantileMethod {
    /// Whether the result is always one of the elements.
    pub fn takes_elements(self) -> bool {
        use QuantileMethod::{ClosestObservation, Higher, InvertedCdf, Lower, Nearest};
        matches!(self, Lower | Higher | Nearest | InvertedCdf | ClosestObservation)
    }

    /// The ranks for quantile `q` of `n` elements (at least 1).
    pub(super) fn between(self, n: usize, q: f64) -> Between {
        let (count, last) = (n as f64, (n - 1) as f64);
        let at = |rank: f64| {
            let r = rank.clamp(0.0, last) as usize;
            Between { low: r, high: r, part: 0.0 }
        };
        // The rank before a place, or the next if `first` says so.
        let step = |place: f64, first: fn(f64, f64) -> bool| {
            let floor = place.floor();
            at(if first(place - floor, place) { floor } else { floor + 1.0 })
        };
        let spread = |alpha: f64, beta: f64| count * q + (alpha + q * (1.0 - alpha - beta)) - 1.0;
        let (place, part): (f64, fn(f64) -> f64) = match self {
            QuantileMethod::Lower => return at((last * q).floor()),
            QuantileMethod::Higher => return at((last * q).ceil()),
            QuantileMethod::Nearest => return at((last * q).round_ties_even()),
            QuantileMethod::InvertedCdf => return step(count * q - 1.0, |part, _| part == 0.0),
            QuantileMethod::ClosestObservation => {
                return step(count * q - 1.5, |part, place| part == 0.0 && place.floor().rem_euclid(2.0) == 1.0);
            }
            QuantileMethod::Linear => (last * q, |p| p),
            QuantileMethod::Midpoint => (0.5 * ((last * q).floor() + (last * q).ceil()), |p| if p == 0.0 { 0.0 } else { 0.5 }),
            QuantileMethod::AveragedInvertedCdf => (count * q - 1.0, |p| if p == 0.0 { 0.5 } else { 1.0 }),
            QuantileMethod::InterpolatedInvertedCdf => (spread(0.0, 1.0), |p| p),
            QuantileMethod::Hazen => (spread(0.5, 0.5), |p| p),
            QuantileMethod::Weibull => (spread(0.0, 0.0), |p| p),
            QuantileMethod::MedianUnbiased => (spread(1.0 / 3.0, 1.0 / 3.0), |p| p),
            QuantileMethod::NormalUnbiased => (spread(3.0 / 8.0, 3.0 / 8.0), |p| p),
        };
        if place >= last || place < 0.0 {
            return at(place);
        }
        let low = place.floor();
        Between { low: low as usize, high: low as usize + 1, part: part(place - low) }
    }
}

impl Between {
    /// The value between those of both ranks, exact at either and the same from either side.
    pub fn value(self, low: f64, high: f64) -> f64 {
        let apart = high - low;
        if low == high || self.part == 0.0 {
            low
        } else if self.part >= 0.5 {
            high - apart * (1.0 - self.part)
        } else {
            low + apart * self.part
        }
    }
}
