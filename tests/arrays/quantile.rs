//! Quantiles: NumPy's results by every method in every cut, and whole arrays of any length against a sort.

use super::material::{Noise, bits, config, cut, least_budget, near, oracle, run, same_everywhere, scalars};
use std::sync::Arc;
use tilework::array::random::Generator;
use tilework::array::{DynArray, QuantileMethod, create::from_tensor, map_blocks};
use tilework::base::Grid;
use tilework::chunk::Tensor;
use tilework::expr::build;
use tilework::op::sort::{GlobalQuantiles, Quantiles};
use tilework::{Chunks, DType, Element, Session, for_dtype};

fn method(name: &str) -> QuantileMethod {
    match name {
        "linear" => QuantileMethod::Linear,
        "lower" => QuantileMethod::Lower,
        "higher" => QuantileMethod::Higher,
        "midpoint" => QuantileMethod::Midpoint,
        "nearest" => QuantileMethod::Nearest,
        "inverted_cdf" => QuantileMethod::InvertedCdf,
        "averaged_inverted_cdf" => QuantileMethod::AveragedInvertedCdf,
        "closest_observation" => QuantileMethod::ClosestObservation,
        "interpolated_inverted_cdf" => QuantileMethod::InterpolatedInvertedCdf,
        "hazen" => QuantileMethod::Hazen,
        "weibull" => QuantileMethod::Weibull,
        "median_unbiased" => QuantileMethod::MedianUnbiased,
        "normal_unbiased" => QuantileMethod::NormalUnbiased,
        other => panic!("{other}"),
    }
}

fn numbers<T: std::str::FromStr>(text: &str) -> Vec<T> {
    text.split_ascii_whitespace().map(|w| w.parse().ok().unwrap()).collect()
}

/// Through the shuffle, whatever the size.
fn global(x: &DynArray, quantiles: Quantiles, every: usize) -> DynArray {
    let x = x.astype(quantiles.dtype(x.dtype())).unwrap();
    let (dtype, grid) = x.expr().array().unwrap();
    let out = Grid::whole(&[quantiles.q.len()]);
    let op = GlobalQuantiles { quantiles, dtype, n: grid.n_elements().unwrap(), every };
    DynArray::from_expr(build::shuffle(Arc::new(op), x.expr(), dtype, out)).unwrap()
}

#[test]
fn numpy_agrees_by_every_method() {
    let mut noise = Noise(3);
    for (i, line) in include_str!("../data/quantile/numpy.txt").lines().enumerate() {
        let f: Vec<&str> = line.split('|').collect();
        let (dtype, shape, q) = (DType::parse(f[4]).unwrap(), numbers::<usize>(f[5]), numbers::<f64>(f[2]));
        let elements = numbers::<f64>(f[6]);
        let t = for_dtype!(dtype, T => {
            Tensor::from_vec::<T>(&shape, elements.iter().map(|&v| T::from_scalar(v.into())).collect()).unwrap()
        });
        let x = from_tensor(t, cut(&mut noise, &shape)).unwrap();
        let axes = (f[3] != "-").then(|| numbers::<isize>(f[3]));
        let (how, skip_nan) = (method(f[0]), f[1] == "1");
        let made = if skip_nan { x.nanquantile(&q, axes.as_deref(), how) } else { x.quantile(&q, axes.as_deref(), how) };
        let made = made.unwrap();
        // All ways of running for some, one for all.
        let got = if i % 20 == 0 { same_everywhere(made.expr(), line).unwrap() } else { run(&oracle(), made.expr()).unwrap() };
        let want = numbers::<f64>(f[7]);
        let tolerance = if got.dtype() == DType::F32 { 1e-6 } else { 1e-14 };
        let agrees =
            |t: &Tensor| scalars(t).iter().zip(&want).all(|(a, &b)| near(a.as_f64(), b, tolerance, 1.0)) && t.len() == want.len();
        assert!(agrees(&got), "{line}: {:?}", scalars(&got));
        if axes.is_none() {
            let whole = global(&x, Quantiles { q, method: how, skip_nan }, 1 + i % 3);
            let got =
                if i % 20 == 0 { same_everywhere(whole.expr(), line).unwrap() } else { run(&oracle(), whole.expr()).unwrap() };
            assert!(agrees(&got), "{line}: {:?} of the whole", scalars(&got));
        }
    }
}

#[test]
fn the_whole_of_a_long_array_is_exact_in_little_memory() {
    let n = 4_000_000;
    let x = Generator::new(9).random(&[n / 1000, 1000], [100, 1000]).unwrap();
    for (x, what) in [(x.clone(), "random"), (x.multiply(5.0).unwrap().astype(DType::I64).unwrap(), "few values")] {
        let x = map_blocks("opaque", &[&x], x.dtype(), None, |_, b| Ok(b[0].clone())).unwrap();
        let mut sorted: Vec<f64> = scalars(&run(&oracle(), x.expr()).unwrap()).iter().map(|s| s.as_f64()).collect();
        sorted.sort_by(f64::total_cmp);
        let q = [0.0, 0.001, 0.5, 0.75, 1.0];
        let got = x.quantile(&q, None, QuantileMethod::Lower).unwrap();
        let want: Vec<f64> = q.iter().map(|q| sorted[((n - 1) as f64 * q).floor() as usize]).collect();
        let least = least_budget(got.expr(), &config(2, u64::MAX));
        assert!(least < 24 << 20, "{what}: {least} bytes for 32 MB");
        for budget in [least, 1 << 30] {
            let t = run(&Session::new(config(2, budget)), got.expr()).unwrap();
            assert_eq!(scalars(&t).iter().map(|s| s.as_f64()).collect::<Vec<_>>(), want, "{what} in {budget}");
        }
    }
}

#[test]
fn any_cut_gives_the_bits_of_one_chunk() {
    let x = Generator::new(2).random(&[300, 7], Chunks::Whole).unwrap();
    let whole = run(&oracle(), x.median(Some(&[0])).unwrap().expr()).unwrap();
    for chunks in [[300, 1], [7, 7], [1, 3]] {
        let y = x.rechunk(chunks).unwrap().median(Some(&[0])).unwrap();
        assert_eq!(bits(&run(&oracle(), y.expr()).unwrap()), bits(&whole));
    }
}

#[test]
fn bad_quantiles_are_refused() {
    let x = Generator::new(2).random(&[3, 7], Chunks::Whole).unwrap();
    for q in [-0.1, 1.1, f64::NAN] {
        assert!(x.quantile(&[q], None, QuantileMethod::Linear).unwrap_err().to_string().contains("from 0 to 1"));
    }
    assert!(x.median(Some(&[2])).is_err());
    assert!(x.median(Some(&[])).is_err());
    assert!(x.astype(DType::C64).unwrap().median(None).unwrap_err().to_string().contains("complex"));
}
