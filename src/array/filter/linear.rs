//! Filters that weigh and add: along one axis, or along several one after the other.

use super::options::{Filter, PerAxis, Side};
use super::run::{Steps, separable, spread, windowed};
use crate::array::DynArray;
use crate::base::{Error, Result};
use crate::kernel::filter::pass::Step;
use crate::kernel::filter::window::Make;
use ndarray::ArrayD;

/// The bell of a Gaussian filter, for all axes or for each.
#[derive(Clone, Debug)]
pub struct Gaussian {
    sigma: PerAxis<f64>,
    order: PerAxis<usize>,
    truncate: f64,
    radius: Option<PerAxis<usize>>,
}

impl Gaussian {
    /// Standard deviations. The window reaches 4 of them to either side.
    pub fn new(sigma: impl Into<PerAxis<f64>>) -> Gaussian {
        Gaussian { sigma: sigma.into(), order: 0.into(), truncate: 4.0, radius: None }
    }

    /// Which derivative of the bell: 0 is the bell itself, which smooths.
    #[must_use]
    pub fn order(mut self, order: impl Into<PerAxis<usize>>) -> Self {
        self.order = order.into();
        self
    }

    /// How many standard deviations the window reaches to either side.
    #[must_use]
    pub fn truncate(mut self, truncate: f64) -> Self {
        self.truncate = truncate;
        self
    }

    /// How many elements the window reaches to either side, whatever the standard deviation.
    #[must_use]
    pub fn radius(mut self, radius: impl Into<PerAxis<usize>>) -> Self {
        self.radius = Some(radius.into());
        self
    }

    /// The filters of these sides; none along an axis whose bell is a point.
    fn steps(&self, sides: &[Side], order: Option<&[usize]>) -> Result<Steps> {
        let sigma = self.sigma.each(sides.len(), "sigma")?;
        let order = match order {
            Some(o) => o.to_vec(),
            None => self.order.each(sides.len(), "order")?,
        };
        let radius = self.radius.as_ref().map(|r| r.each(sides.len(), "radius")).transpose()?;
        let mut steps = Vec::new();
        for (i, side) in sides.iter().enumerate().filter(|(i, _)| sigma[*i].is_nan() || sigma[*i] > 1e-15) {
            let reach = radius.as_ref().map_or((self.truncate * sigma[i] + 0.5).trunc(), |r| r[i] as f64);
            if !(sigma[i].is_finite() && (0.0..1e9).contains(&reach)) || order[i] > 64 {
                return Err(Error::usage(format!(
                    "sigma {}, order {} and a reach of {reach} make no window: give finite numbers that are not negative",
                    sigma[i], order[i]
                )));
            }
            let mut weights = bell(sigma[i], order[i], reach as usize);
            weights.reverse();
            steps.push((Side { origin: 0, ..*side }, Step::Weights(weights)));
        }
        Ok(steps)
    }
}

impl From<f64> for Gaussian {
    fn from(sigma: f64) -> Gaussian {
        Gaussian::new(sigma)
    }
}
impl<const N: usize> From<[f64; N]> for Gaussian {
    fn from(sigma: [f64; N]) -> Gaussian {
        Gaussian::new(sigma)
    }
}

/// Samples of a derivative of the bell from `-radius` to `radius`; those of the bell add up to 1. The derivative is the bell times a
/// polynomial `q`; that of the next order is `q' - q x / sigma²`.
fn bell(sigma: f64, order: usize, radius: usize) -> Vec<f64> {
    let places: Vec<f64> = (0..=2 * radius).map(|i| i as f64 - radius as f64).collect();
    let variance = sigma * sigma;
    let mut phi: Vec<f64> = places.iter().map(|x| (-0.5 / variance * (x * x)).exp()).collect();
    let total = pairwise(&phi);
    phi.iter_mut().for_each(|p| *p /= total);
    let mut q = vec![0.0; order + 1];
    q[0] = 1.0;
    for _ in 0..order {
        let raised = |i: usize| if i < order { (i + 1) as f64 * q[i + 1] } else { 0.0 };
        let lowered = |i: usize| if i > 0 { q[i - 1] / -variance } else { 0.0 };
        q = (0..=order).map(|i| raised(i) + lowered(i)).collect();
    }
    let factor = |x: f64| q.iter().enumerate().map(|(i, c)| c * x.powi(i as i32)).sum::<f64>();
    if order == 0 { phi } else { places.iter().zip(&phi).map(|(&x, p)| factor(x) * p).collect() }
}

/// A sum in the order in which NumPy adds a line of numbers, so that weights have its bits.
fn pairwise(x: &[f64]) -> f64 {
    if x.len() < 8 {
        return x.iter().sum();
    }
    if x.len() > 128 {
        let half = x.len() / 2 - x.len() / 2 % 8;
        return pairwise(&x[..half]) + pairwise(&x[half..]);
    }
    let (blocks, rest) = x.as_chunks::<8>();
    let mut s = [0.0; 8];
    for b in blocks {
        s.iter_mut().zip(b).for_each(|(s, v)| *s += v);
    }
    rest.iter().fold(((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])), |sum, v| sum + v)
}

/// The names that errors begin with.
fn at(name: &str) -> impl Fn(Error) -> Error + '_ {
    move |e| e.at(name.to_string())
}

impl DynArray {
    /// Weighted sums of neighbours along an axis: element `i` of the result is the sum of `weights[j] x[i + j - weights.len() / 2]`.
    /// SciPy's `correlate1d`. Computed in float64; NaN and infinities reach the windows they lie in.
    ///
    /// # Chunks
    /// As the input, coarser where they are shorter than the window (see [`map_overlap`](crate::array::map_overlap)). A task holds a
    /// chunk with its halo and the result.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, arange};
    /// let x = arange(0, 5, 1, 2)?;
    /// assert_eq!(x.correlate1d(&[1.0, 3.0], -1, &Filter::default())?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 3, 7, 11, 15]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// No weights, an axis out of bounds, an origin that shifts the window off its place, a constant that does not fit the dtype.
    pub fn correlate1d(&self, weights: &[f64], axis: isize, filter: &Filter) -> Result<DynArray> {
        let sides = filter.along(self, &[axis], "correlate1d")?;
        separable(self, vec![(sides[0], Step::Weights(weights.to_vec()))], filter.output).map_err(at("correlate1d"))
    }

    /// As [`correlate1d`](DynArray::correlate1d) with the weights backwards. SciPy's `convolve1d`.
    ///
    /// # Chunks
    /// As [`correlate1d`](DynArray::correlate1d).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, arange};
    /// let x = arange(0, 5, 1, 2)?;
    /// assert_eq!(x.convolve1d(&[1.0, 3.0], -1, &Filter::default())?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 5, 9, 13, 16]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`correlate1d`](DynArray::correlate1d).
    pub fn convolve1d(&self, weights: &[f64], axis: isize, filter: &Filter) -> Result<DynArray> {
        let side = filter.along(self, &[axis], "convolve1d")?[0].turned(weights.len());
        let weights = weights.iter().rev().copied().collect();
        separable(self, vec![(side, Step::Weights(weights))], filter.output).map_err(at("convolve1d"))
    }

    /// Weighted sums of neighbours in all dimensions; the weights have an axis for each that is filtered. SciPy's `correlate`, which leaves out
    /// weights of at most 2.2e-16 as this does.
    ///
    /// # Chunks
    /// As [`correlate1d`](DynArray::correlate1d).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[1.0, 2.0], [3.0, 4.0]].into_dyn(), 1)?;
    /// let cross = ndarray::array![[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]].into_dyn();
    /// let y = x.correlate(&cross, &Filter::default())?;
    /// assert_eq!(y.compute_as::<f64>()?, ndarray::array![[7.0, 9.0], [11.0, 13.0]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Weights of another number of dimensions than axes; otherwise as [`correlate1d`](DynArray::correlate1d).
    pub fn correlate(&self, weights: &ArrayD<f64>, filter: &Filter) -> Result<DynArray> {
        let sides = filter.sides(self, "correlate")?;
        let (window, weights) = spread(weights, &sides, self.ndim(), |w| w.abs() > f64::EPSILON).map_err(at("correlate"))?;
        windowed(self, &sides, window, Make::Sum(weights), filter.output).map_err(at("correlate"))
    }

    /// As [`correlate`](DynArray::correlate) with the weights backwards along every axis. SciPy's `convolve`.
    ///
    /// # Chunks
    /// As [`correlate1d`](DynArray::correlate1d).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, arange};
    /// let x = arange(0, 5, 1, 2)?;
    /// let y = x.convolve(&ndarray::array![1.0, 0.0, -1.0].into_dyn(), &Filter::default())?;
    /// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 2, 2, 1]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`correlate`](DynArray::correlate).
    pub fn convolve(&self, weights: &ArrayD<f64>, filter: &Filter) -> Result<DynArray> {
        let sides = filter.sides(self, "convolve")?;
        let mut turned = weights.clone();
        (0..turned.ndim()).for_each(|a| turned.invert_axis(ndarray::Axis(a)));
        let sides: Vec<Side> =
            sides.iter().enumerate().map(|(i, s)| s.turned(weights.shape().get(i).copied().unwrap_or(1))).collect();
        let (window, weights) = spread(&turned, &sides, self.ndim(), |w| w.abs() > f64::EPSILON).map_err(at("convolve"))?;
        windowed(self, &sides, window, Make::Sum(weights), filter.output).map_err(at("convolve"))
    }

    /// Means of `size` neighbours along an axis. SciPy's `uniform_filter1d`.
    ///
    /// SciPy keeps a running sum along the whole axis: a NaN spoils all that follows, and rounding errors pile up. Here each window is added
    /// for itself, so a NaN reaches the windows it lies in.
    ///
    /// # Chunks
    /// As [`correlate1d`](DynArray::correlate1d).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, arange};
    /// let x = arange(0.0, 5.0, 1.0, 2)?;
    /// let y = x.uniform_filter1d(3, 0, &Filter::default())?;
    /// assert_eq!(y.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0 / 3.0, 1.0, 2.0, 3.0, 11.0 / 3.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A size of 0, an axis out of bounds, an origin that shifts the window off its place, a constant that does not fit the dtype.
    pub fn uniform_filter1d(&self, size: usize, axis: isize, filter: &Filter) -> Result<DynArray> {
        let sides = filter.along(self, &[axis], "uniform_filter1d")?;
        separable(self, vec![(sides[0], Step::Mean(size))], filter.output).map_err(at("uniform_filter1d"))
    }

    /// Means of boxes of neighbours, one axis after the other; between axes elements have the dtype of the result, as in SciPy's
    /// `uniform_filter`. NaN as in [`uniform_filter1d`](DynArray::uniform_filter1d).
    ///
    /// # Chunks
    /// As [`correlate1d`](DynArray::correlate1d); a task filters along all axes, with two more blocks in memory.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].into_dyn(), 2)?;
    /// let y = x.uniform_filter([1, 3], &Filter::default())?;
    /// assert_eq!(y.compute_as::<f64>()?, ndarray::array![[4.0 / 3.0, 2.0, 8.0 / 3.0], [13.0 / 3.0, 5.0, 17.0 / 3.0]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`uniform_filter1d`](DynArray::uniform_filter1d).
    pub fn uniform_filter(&self, size: impl Into<PerAxis<usize>>, filter: &Filter) -> Result<DynArray> {
        let sides = filter.sides(self, "uniform_filter")?;
        let sizes = size.into().each(sides.len(), "size").map_err(at("uniform_filter"))?;
        let steps = sides.into_iter().zip(sizes).map(|(side, n)| (side, Step::Mean(n))).collect();
        separable(self, steps, filter.output).map_err(at("uniform_filter"))
    }

    /// A Gaussian bell, or a derivative of it, as weights along an axis. SciPy's `gaussian_filter1d`.
    ///
    /// # Chunks
    /// As [`correlate1d`](DynArray::correlate1d).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, Gaussian, arange};
    /// let x = arange(0.0, 50.0, 1.0, 20)?;
    /// let slope = x.gaussian_filter1d(Gaussian::new(1.0).order(1), 0, &Filter::default())?.compute_as::<f64>()?;
    /// assert!((slope[[25]] - 1.0).abs() < 1e-3);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A standard deviation that is not finite, an order above 64, an axis out of bounds, a constant that does not fit the dtype.
    pub fn gaussian_filter1d(&self, gaussian: impl Into<Gaussian>, axis: isize, filter: &Filter) -> Result<DynArray> {
        let sides = filter.along(self, &[axis], "gaussian_filter1d")?;
        let steps = gaussian.into().steps(&sides, None).map_err(at("gaussian_filter1d"))?;
        separable(self, steps, filter.output).map_err(at("gaussian_filter1d"))
    }

    /// A Gaussian filter, one axis after the other; axes with a standard deviation of 0 are left alone. SciPy's `gaussian_filter`.
    ///
    /// # Chunks
    /// As [`uniform_filter`](DynArray::uniform_filter).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, ones};
    /// use tilework::DType;
    /// let y = ones(&[20, 30], DType::F32, 8)?.gaussian_filter(1.5, &Filter::default())?.compute_as::<f32>()?;
    /// assert!(y.iter().all(|v| (v - 1.0).abs() < 1e-6));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gaussian_filter1d`](DynArray::gaussian_filter1d).
    pub fn gaussian_filter(&self, gaussian: impl Into<Gaussian>, filter: &Filter) -> Result<DynArray> {
        let sides = filter.sides(self, "gaussian_filter")?;
        let steps = gaussian.into().steps(&sides, None).map_err(at("gaussian_filter"))?;
        separable(self, steps, filter.output).map_err(at("gaussian_filter"))
    }

    /// The sum of the second derivatives of a Gaussian filter along every axis. SciPy's `gaussian_laplace`.
    ///
    /// # Chunks
    /// As [`uniform_filter`](DynArray::uniform_filter); every axis takes a task, and another adds them.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, arange};
    /// let x = arange(-30.0, 30.0, 1.0, 20)?.square()?;
    /// let y = x.gaussian_laplace(2.0, &Filter::default())?.compute_as::<f64>()?;
    /// assert!((y[[30]] - 2.0).abs() < 0.1);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gaussian_filter1d`](DynArray::gaussian_filter1d).
    pub fn gaussian_laplace(&self, gaussian: impl Into<Gaussian>, filter: &Filter) -> Result<DynArray> {
        let (gaussian, name) = (gaussian.into(), "gaussian_laplace");
        let sides = filter.sides(self, name)?;
        sum_over(&sides, |i| separable(self, gaussian.steps(&sides, Some(&orders(sides.len(), i, 2)))?, filter.output))
            .and_then(|sum| sum.map_or_else(|| self.astype(filter.output.unwrap_or(self.dtype())), Ok))
            .map_err(at(name))
    }

    /// The length of the gradient, by the first derivatives of a Gaussian filter along every axis. SciPy's `gaussian_gradient_magnitude`.
    /// Squares and sums have the dtype of the result, so integers wrap: give them a float `output`.
    ///
    /// # Chunks
    /// As [`gaussian_laplace`](DynArray::gaussian_laplace).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, arange};
    /// let x = arange(0.0, 60.0, 1.0, 20)?.multiply(-3.0)?;
    /// let y = x.gaussian_gradient_magnitude(2.0, &Filter::default())?.compute_as::<f64>()?;
    /// assert!((y[[30]] - 3.0).abs() < 1e-2);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gaussian_filter1d`](DynArray::gaussian_filter1d).
    pub fn gaussian_gradient_magnitude(&self, gaussian: impl Into<Gaussian>, filter: &Filter) -> Result<DynArray> {
        let (gaussian, name) = (gaussian.into(), "gaussian_gradient_magnitude");
        let dtype = filter.output.unwrap_or(self.dtype());
        let sides = filter.sides(self, name)?;
        let squared = |i: usize| {
            let d = separable(self, gaussian.steps(&sides, Some(&orders(sides.len(), i, 1)))?, filter.output)?;
            d.multiply(&d)
        };
        match sum_over(&sides, squared).map_err(at(name))? {
            Some(sum) => sum.sqrt()?.astype(dtype),
            None => self.astype(dtype),
        }
    }

    /// The sum of second differences along every axis. SciPy's `laplace`.
    ///
    /// # Chunks
    /// As [`gaussian_laplace`](DynArray::gaussian_laplace).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, arange};
    /// let x = arange(0, 5, 1, 2)?.square()?;
    /// assert_eq!(x.laplace(&Filter::default())?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 2, 2, -7]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A constant beyond the border that does not fit the dtype.
    pub fn laplace(&self, filter: &Filter) -> Result<DynArray> {
        let sides = filter.sides(self, "laplace")?;
        let second = |i: usize| separable(self, vec![(sides[i], Step::Weights(vec![1.0, -2.0, 1.0]))], filter.output);
        sum_over(&sides, second)
            .and_then(|sum| sum.map_or_else(|| self.astype(filter.output.unwrap_or(self.dtype())), Ok))
            .map_err(at("laplace"))
    }

    /// Sobel's operator: differences along an axis, smoothed along the others. SciPy's `sobel`.
    ///
    /// # Chunks
    /// As [`uniform_filter`](DynArray::uniform_filter).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[0, 1, 2], [0, 1, 2]].into_dyn(), 2)?;
    /// assert_eq!(x.sobel(1, &Filter::default())?.compute_as::<i32>()?, ndarray::array![[4, 8, 4], [4, 8, 4]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds, a constant beyond the border that does not fit the dtype.
    pub fn sobel(&self, axis: isize, filter: &Filter) -> Result<DynArray> {
        self.edges(axis, [1.0, 2.0, 1.0], filter, "sobel")
    }

    /// Prewitt's operator: differences along an axis, sums of three along the others. SciPy's `prewitt`.
    ///
    /// # Chunks
    /// As [`uniform_filter`](DynArray::uniform_filter).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[0, 1, 2], [0, 1, 2]].into_dyn(), 2)?;
    /// assert_eq!(x.prewitt(1, &Filter::default())?.compute_as::<i32>()?, ndarray::array![[3, 6, 3], [3, 6, 3]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`sobel`](DynArray::sobel).
    pub fn prewitt(&self, axis: isize, filter: &Filter) -> Result<DynArray> {
        self.edges(axis, [1.0, 1.0, 1.0], filter, "prewitt")
    }

    fn edges(&self, axis: isize, smooth: [f64; 3], filter: &Filter, name: &str) -> Result<DynArray> {
        let axis = crate::expr::build::normalize_axis(axis, self.ndim()).map_err(at(name))?;
        let all: Vec<isize> = (0..self.ndim() as isize).collect();
        let (first, rest): (Vec<Side>, Vec<Side>) = filter.along(self, &all, name)?.into_iter().partition(|s| s.axis == axis);
        let difference = first.into_iter().map(|s| (s, Step::Weights(vec![-1.0, 0.0, 1.0])));
        let steps = difference.chain(rest.into_iter().map(|s| (s, Step::Weights(smooth.to_vec())))).collect();
        separable(self, steps, filter.output).map_err(at(name))
    }
}

/// Orders of derivatives: `order` for axis `i`, else 0.
fn orders(n: usize, i: usize, order: usize) -> Vec<usize> {
    (0..n).map(|a| if a == i { order } else { 0 }).collect()
}

/// The sum of a filter for each side; None without sides.
fn sum_over(sides: &[Side], part: impl Fn(usize) -> Result<DynArray>) -> Result<Option<DynArray>> {
    let mut sum: Option<DynArray> = None;
    for i in 0..sides.len() {
        let now = part(i)?;
        sum = Some(match sum {
            Some(s) => s.add(&now)?,
            None => now,
        });
    }
    Ok(sum)
}
