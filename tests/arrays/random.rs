//! Random numbers: SciPy's probabilities, the same bits in every cut and run, known values, limits, and parameters that are refused.

use super::material::{Noise, bits, config, cut, near, refused, run, same_everywhere};
use ndarray::ArrayD;
use tilework::array::random::{Choice, Generator};
use tilework::array::{DynArray, IntoScalar, arange, from_ndarray, full};
use tilework::expr::Chunks;
use tilework::format::registry::Registry;
use tilework::plan::codec::{decode, encode};
use tilework::{DType, Result, Scalar, Session};

/// Draws of every case.
const N: usize = 60_000;

/// The distribution of a name with parameters `p`, numbers or arrays.
macro_rules! named {
    ($rng:expr, $name:expr, $p:expr, $size:expr, $chunks:expr, $($one:ident)*; $($two:ident)*; $($three:ident)*) => {
        match ($name, &$p) {
            $((stringify!($one), [a]) => $rng.$one(*a, $size, $chunks),)*
            $((stringify!($two), [a, b]) => $rng.$two(*a, *b, $size, $chunks),)*
            $((stringify!($three), [a, b, c]) => $rng.$three(*a, *b, *c, $size, $chunks),)*
            ("standard_cauchy", []) => $rng.standard_cauchy($size, $chunks),
            (other, _) => panic!("no distribution {other}"),
        }
    };
}
macro_rules! draw {
    ($rng:expr, $name:expr, $p:expr, $size:expr, $chunks:expr) => {
        named!($rng, $name, $p, $size, $chunks,
            exponential rayleigh weibull pareto power geometric chisquare standard_t poisson logseries zipf;
            uniform normal lognormal laplace logistic gumbel gamma beta noncentral_chisquare f vonmises wald binomial negative_binomial;
            triangular noncentral_f hypergeometric)
    };
}

struct Case {
    name: String,
    parameters: Vec<f64>,
    moments: Vec<Option<f64>>,
    bounds: Vec<f64>,
    cells: Vec<f64>,
    limit: f64,
}

fn cases() -> Vec<Case> {
    let read = |text: &str| -> Vec<Option<f64>> { text.split_ascii_whitespace().map(|w| w.parse().ok()).collect() };
    let all = |text: &str| -> Vec<f64> { read(text).into_iter().flatten().collect() };
    let case = |line: &str| {
        let f: Vec<&str> = line.split('|').collect();
        Case {
            name: f[0].into(),
            parameters: all(f[1]),
            moments: read(f[2]),
            bounds: all(f[3]),
            cells: all(f[4]),
            limit: f[5].parse().unwrap(),
        }
    };
    include_str!("../data/random/cells.txt").lines().map(case).collect()
}

fn numbers(x: &DynArray) -> Vec<f64> {
    x.astype(DType::F64).unwrap().compute_as::<f64>().unwrap().into_raw_vec_and_offset().0
}

/// How far counts are from their expectations.
fn chi_square(x: &[f64], bounds: &[f64], cells: &[f64]) -> f64 {
    let mut counts = vec![0.0; cells.len()];
    x.iter().for_each(|v| counts[bounds.partition_point(|b| b < v)] += 1.0);
    let n = x.len() as f64;
    counts.iter().zip(cells).map(|(k, p)| (k - n * p).powi(2) / (n * p)).sum()
}

#[test]
fn distributions_are_scipys() {
    let mut seen = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for (i, c) in cases().into_iter().enumerate() {
        let mut rng = Generator::new(100 + i as u64);
        let x = draw!(rng, c.name.as_str(), c.parameters[..], &[N], 7_001).unwrap();
        let x = numbers(&x);
        assert!(x.iter().all(|v| v.is_finite()), "{} {:?}", c.name, c.parameters);
        let far = chi_square(&x, &c.bounds, &c.cells);
        if far > c.limit {
            wrong.push(format!("{} {:?}: chi-square {far}, at most {}", c.name, c.parameters, c.limit));
        }
        let n = N as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        if let [Some(m), Some(v), Some(kurtosis)] = c.moments[..] {
            if (mean - m).abs() > 5.0 * (v / n).sqrt() {
                wrong.push(format!("{} {:?}: mean {mean}, not {m}", c.name, c.parameters));
            }
            if (variance - v).abs() > v * (6.0 * ((kurtosis + 2.0) / n).sqrt() + 50.0 / n) {
                wrong.push(format!("{} {:?}: variance {variance}, not {v}", c.name, c.parameters));
            }
        }
        seen.insert(c.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen.len(), tilework::kernel::random::Distribution::ALL.len(), "{seen:?}");
}

#[test]
fn a_wrong_distribution_is_told_apart() {
    // What the test above can see: a parameter that is off by a fiftieth.
    for (name, parameters, off) in
        [("gamma", [3.5, 0.1], [3.57, 0.1]), ("normal", [0.0, 1.0], [0.035, 1.0]), ("beta", [7.0, 3.0], [7.14, 3.0])]
    {
        let c = cases().into_iter().find(|c| c.name == name && c.parameters == parameters).unwrap();
        let x = draw!(Generator::new(5), name, off[..], &[N], N).unwrap();
        assert!(chi_square(&numbers(&x), &c.bounds, &c.cells) > c.limit, "{name}");
    }
}

#[test]
fn numbers_do_not_depend_on_cuts_runs_or_the_wire() {
    let mut noise = Noise(1);
    let mut done = std::collections::BTreeSet::new();
    for (i, c) in cases().into_iter().enumerate() {
        if !done.insert(c.name.clone()) && i % 3 > 0 {
            continue;
        }
        let shape = [[7, 5, 4], [1, 23, 3], [6, 1, 1]][i % 3];
        let make = |chunks: Chunks| draw!(Generator::new(9), c.name.as_str(), c.parameters[..], &shape, chunks).unwrap();
        let want = bits(&run(&Session::new(config(1, u64::MAX)), make(Chunks::Whole).expr()).unwrap());
        let x = make(cut(&mut noise, &shape));
        let got = if i % 5 == 0 { same_everywhere(x.expr(), &c.name).unwrap() } else { x.compute().unwrap() };
        assert_eq!(bits(&got), want, "{} {:?}", c.name, x.chunks());
        let back = decode(&encode(&[x.expr().clone()]).unwrap(), &Registry::builtin()).unwrap();
        assert_eq!(bits(&run(&Session::new(config(2, u64::MAX)), &back[0]).unwrap()), want, "{} over the wire", c.name);
        // Parameters that are arrays of one value: the same numbers.
        let narrow = |k: usize| [vec![shape[0], 1, shape[2]], shape[1..].to_vec(), vec![]][(i + k) % 3].clone();
        let filled = |(k, &p): (usize, &f64)| full(&narrow(k), p, DType::F64, 2).unwrap();
        let arrays: Vec<DynArray> = c.parameters.iter().enumerate().map(filled).collect();
        let views: Vec<&DynArray> = arrays.iter().collect();
        let y = draw!(Generator::new(9), c.name.as_str(), views[..], &shape, cut(&mut noise, &shape)).unwrap();
        assert_eq!(bits(&y.compute().unwrap()), want, "{} of arrays", c.name);
    }
}

#[test]
fn array_parameters_go_with_their_elements() -> Result<()> {
    let lam = arange(0, 6, 1, 4)?.multiply(1000)?.add(3)?;
    let x = Generator::new(3).poisson(&lam, &[500, 6], [70, 5])?;
    let means = x.mean(Some(&[0]))?.compute_as::<f64>()?;
    for (m, want) in means.iter().zip(lam.compute_as::<i64>()?.iter()) {
        assert!((m - *want as f64).abs() < 5.0 * (*want as f64 / 500.0).sqrt(), "{m} for {want}");
    }
    let (low, high) = (arange(0, 4, 1, 4)?.multiply(10)?, arange(0, 3, 1, 3)?.add(40)?.reshape(&[3, 1])?);
    let x = Generator::new(3).uniform(&low, &high, &[3, 4], [2, 3])?.compute_as::<f64>()?;
    assert!(x.indexed_iter().all(|(i, v)| (10.0 * i[1] as f64..40.0 + i[0] as f64).contains(v)), "{x}");
    let x = Generator::new(3).integers_as(DType::I16, &low, &high, true, &[200, 3, 4], 5)?.compute_as::<i16>()?;
    assert!(x.indexed_iter().all(|(i, v)| (10 * i[2] as i16..=40 + i[1] as i16).contains(v)));
    assert!(x.indexed_iter().any(|(i, v)| *v == 40 + i[1] as i16) && x.indexed_iter().any(|(i, v)| *v == 10 * i[2] as i16));
    Ok(())
}

#[test]
fn known_values() -> Result<()> {
    let show = |x: DynArray| -> Result<String> { Ok(numbers(&x).iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(" ")) };
    let mut r = Generator::new(2024);
    let mut all = Vec::new();
    for c in cases() {
        if all.last().is_none_or(|l: &String| !l.starts_with(&format!("{} ", c.name))) {
            all.push(format!("{} {}", c.name, show(draw!(r, c.name.as_str(), c.parameters[..], &[3], 2)?)?));
        }
    }
    all.push(format!("random_f32 {}", show(r.random_as(DType::F32, &[3], 2)?)?));
    all.push(format!("standard_normal_f32 {}", show(r.standard_normal_as(DType::F32, &[3], 2)?)?));
    all.push(format!("standard_exponential_f32 {}", show(r.standard_exponential_as(DType::F32, &[3], 2)?)?));
    all.push(format!("standard_gamma_f32 {}", show(r.standard_gamma_as(DType::F32, 0.5, &[3], 2)?)?));
    all.push(format!("integers {}", show(r.integers(-5, 1_000_000, &[3], 2)?)?));
    all.push(format!("permutation {}", show(r.permutation(8, 3)?)?));
    all.push(format!("choice {}", show(r.choice(1_000_000, Choice::Once, &[3], 3)?)?));
    all.push(format!("weighted {}", show(r.choice(5, Choice::AgainBy(&[1.0, 2.0, 3.0, 4.0, 5.0]), &[6], 3)?)?));
    all.push(format!("weighted_once {}", show(r.choice(5, Choice::OnceBy(&[1.0, 2.0, 3.0, 4.0, 5.0]), &[4], 3)?)?));
    all.push(format!("multinomial {}", show(r.multinomial(100, &[0.2, 0.3, 0.5], &[2], 1)?)?));
    all.push(format!("multivariate_hypergeometric {}", show(r.multivariate_hypergeometric(&[30, 20, 50], 40, &[2], 1)?)?));
    all.push(format!("multivariate_normal {}", show(r.multivariate_normal(&[0.0, 1.0], &[&[2.0, 1.0], &[1.0, 1.0]], &[2], 1)?)?));
    all.push(format!("dirichlet {}", show(r.dirichlet(&[0.5, 1.0, 4.0], &[2], 1)?)?));
    all.push(format!("spawn {}", show(r.spawn(2)[1].random(&[2], 1)?)?));
    let text = all.join("\n") + "\n";
    if std::env::var_os("TILEWORK_UPDATE_DOCS").is_some() {
        std::fs::write("tests/data/random/known.txt", &text).unwrap();
    }
    for (got, want) in text.lines().zip(include_str!("../data/random/known.txt").lines()) {
        assert_eq!(got, want);
    }
    assert_eq!(text.lines().count(), include_str!("../data/random/known.txt").lines().count());
    Ok(())
}

#[test]
fn limits() -> Result<()> {
    let mut r = Generator::new(1);
    let size = &[100][..];
    let same = |x: DynArray, v: f64| -> Result<()> {
        let x = numbers(&x);
        assert!(x.iter().all(|&y| y == v), "{v}: {x:?}");
        Ok(())
    };
    same(r.normal(3.0, 0.0, size, 7)?, 3.0)?;
    same(r.lognormal(0.0, 0.0, size, 7)?, 1.0)?;
    same(r.uniform(2.0, 2.0, size, 7)?, 2.0)?;
    for x in [r.exponential(0.0, size, 7)?, r.rayleigh(0.0, size, 7)?, r.weibull(0.0, size, 7)?, r.gamma(0.0, 5.0, size, 7)?] {
        same(x, 0.0)?;
    }
    same(r.gamma(2.0, 0.0, size, 7)?, 0.0)?;
    same(r.laplace(4.0, 0.0, size, 7)?, 4.0)?;
    same(r.gumbel(4.0, 0.0, size, 7)?, 4.0)?;
    same(r.logistic(4.0, 0.0, size, 7)?, 4.0)?;
    same(r.poisson(0.0, size, 7)?, 0.0)?;
    for n in [0u64, 1, 50, 1 << 53] {
        same(r.binomial(n, 0.0, size, 7)?, 0.0)?;
        same(r.binomial(n, 1.0, size, 7)?, n as f64)?;
    }
    same(r.geometric(1.0, size, 7)?, 1.0)?;
    same(r.negative_binomial(5.0, 1.0, size, 7)?, 0.0)?;
    same(r.logseries(0.0, size, 7)?, 1.0)?;
    same(r.zipf(1e300, size, 7)?, 1.0)?;
    same(r.hypergeometric(20, 0, 15, size, 7)?, 15.0)?;
    same(r.hypergeometric(0, 20, 15, size, 7)?, 0.0)?;
    same(r.hypergeometric(13, 20, 33, size, 7)?, 13.0)?;
    same(r.integers(5, 6, size, 7)?, 5.0)?;
    for (mean, x) in
        [(1e18, r.poisson(1e18, &[2000], 700)?), (4e15, r.binomial(1u64 << 53, 0.444_089_209_850_062_6, &[2000], 700)?)]
    {
        let x = numbers(&x);
        let (m, sd) = (x.iter().sum::<f64>() / 2000.0, f64::sqrt(mean));
        assert!((m - mean).abs() < 5.0 * sd / 2000f64.sqrt(), "{m} for {mean}");
        let spread = (x.iter().map(|v| (v - m).powi(2)).sum::<f64>() / 2000.0).sqrt();
        assert!(spread > 0.6 * sd && spread < 1.1 * sd, "{spread} for {sd}");
    }
    // Parameters at the ends of the floats come back from every method.
    for x in [
        r.gamma(1e-300, 1.0, size, 7)?,
        r.gamma(1e300, 1.0, size, 7)?,
        r.beta(1e-300, 1e-300, size, 7)?,
        r.beta(1e300, 1e-10, size, 7)?,
    ] {
        assert!(numbers(&x).iter().all(|v| v.is_finite()));
    }
    for x in
        [r.vonmises(1.0, 1e300, size, 7)?, r.wald(1e300, 1e-300, size, 7)?, r.standard_t(1e-3, size, 7)?, r.power(1e-300, size, 7)?]
    {
        assert!(numbers(&x).iter().all(|v| !v.is_nan()));
    }
    assert!(numbers(&r.zipf(1.0 + f64::EPSILON, size, 7)?).iter().all(|&v| v >= 1.0));
    for shape in [vec![0], vec![3, 0, 2], vec![]] {
        assert_eq!(r.gamma(2.0, 1.0, &shape, Chunks::Auto)?.compute()?.shape(), shape);
        assert_eq!(r.normal(2.0, 1.0, &shape, Chunks::Auto)?.compute()?.shape(), shape);
        assert_eq!(r.dirichlet(&[1.0, 1.0], &shape, Chunks::Auto)?.compute()?.len(), 2 * shape.iter().product::<usize>());
    }
    Ok(())
}

#[test]
fn integers_of_every_dtype() -> Result<()> {
    for dtype in DType::ALL.into_iter().filter(|d| d.is_integer()) {
        let (low, high) = match dtype {
            DType::U64 => (Scalar::U64(0), Scalar::U64(u64::MAX)),
            d if d.is_signed() => (Scalar::I64(i64::MIN >> (64 - 8 * d.size())), Scalar::I64(i64::MAX >> (64 - 8 * d.size()))),
            d => (Scalar::U64(0), Scalar::U64(u64::MAX >> (64 - 8 * d.size()))),
        };
        let x = Generator::new(8).integers_as(dtype, low, high, true, &[20_000], 3_000)?;
        assert_eq!(x.dtype(), dtype);
        let x = numbers(&x);
        let (low, width) = (low.as_f64(), high.as_f64() - low.as_f64() + 1.0);
        let mut counts = [0.0f64; 16];
        x.iter().for_each(|v| counts[(((v - low) / width * 16.0) as usize).min(15)] += 1.0);
        let far: f64 = counts.iter().map(|c| (c - 1250.0).powi(2) / 1250.0).sum();
        assert!(far < 44.3, "{dtype}: {counts:?}");
    }
    let x = Generator::new(8).integers_as(DType::Bool, 0, 1, true, &[1000], 300)?.compute_as::<bool>()?;
    assert!(x.iter().filter(|v| **v).count().abs_diff(500) < 80);
    let bounds = from_ndarray(ndarray::array![u64::MAX - 1, 3].into_dyn(), 1)?;
    let x =
        Generator::new(8).integers_as(DType::U64, &bounds, Scalar::U64(u64::MAX), true, &[50, 2], [7, 2])?.compute_as::<u64>()?;
    assert!(x.indexed_iter().all(|(i, v)| i[1] == 1 || *v >= u64::MAX - 1));
    Ok(())
}

#[test]
fn float32_numbers() -> Result<()> {
    let c = cases().into_iter().find(|c| c.name == "uniform").unwrap();
    let mut r = Generator::new(12);
    let x = r.random_as(DType::F32, &[N], 999)?;
    assert_eq!(x.dtype(), DType::F32);
    let x = numbers(&x);
    assert!(x.iter().all(|&v| (0.0..1.0).contains(&v) && v * f64::from(1 << 24) % 1.0 == 0.0));
    assert!(chi_square(&x, &c.bounds, &c.cells) < c.limit);
    let c = cases().into_iter().find(|c| c.name == "normal").unwrap();
    let x = r.standard_normal_as(DType::F32, &[N], 999)?;
    assert!(chi_square(&numbers(&x), &c.bounds, &c.cells) < c.limit);
    let c = cases().into_iter().find(|c| c.name == "exponential").unwrap();
    assert!(chi_square(&numbers(&r.standard_exponential_as(DType::F32, &[N], 999)?), &c.bounds, &c.cells) < c.limit);
    let c = cases().into_iter().find(|c| c.name == "gamma" && c.parameters == [1.0, 1.0]).unwrap();
    assert!(chi_square(&numbers(&r.standard_gamma_as(DType::F32, 1, &[N], 999)?), &c.bounds, &c.cells) < c.limit);
    refused(r.random_as(DType::I32, &[3], 1), &["random", "int32", "astype"]);
    refused(r.standard_gamma_as(DType::U8, 1.0, &[3], 1), &["standard_gamma", "uint8"]);
    Ok(())
}

#[test]
fn vectors_have_the_right_shares_and_spreads() -> Result<()> {
    let mut r = Generator::new(77);
    let n = 20_000;
    let rows = |x: DynArray| -> Result<ArrayD<f64>> { x.astype(DType::F64)?.compute_as::<f64>() };
    let moment = |x: &ArrayD<f64>, i: usize, j: usize, mi: f64, mj: f64| {
        x.rows().into_iter().map(|v| (v[i] - mi) * (v[j] - mj)).sum::<f64>() / n as f64
    };
    let mean = |x: &ArrayD<f64>, i: usize| x.rows().into_iter().map(|v| v[i]).sum::<f64>() / n as f64;
    let p = [0.1, 0.0, 0.65, 0.25];
    let x = rows(r.multinomial(30, &p, &[n], 700)?)?;
    for (i, share) in p.into_iter().enumerate() {
        let m = 30.0 * share;
        assert!(near(mean(&x, i), m, 0.0, 0.0) || (mean(&x, i) - m).abs() < 5.0 * (m * (1.0 - share) / n as f64).sqrt());
        assert!((moment(&x, i, 0, m, 3.0) - if i == 0 { 2.7 } else { -m * 0.1 }).abs() < 0.2, "{i}");
    }
    let x = rows(r.multivariate_hypergeometric(&[30, 0, 50, 20], 40, &[n], 700)?)?;
    for (i, m) in [12.0, 0.0, 20.0, 8.0].into_iter().enumerate() {
        assert!((mean(&x, i) - m).abs() < 0.1);
    }
    // Of two colours: the covariance is - sample (K/N) (L/N) (N - sample) / (N - 1).
    assert!((moment(&x, 0, 2, 12.0, 20.0) + 40.0 * 0.3 * 0.5 * 60.0 / 99.0).abs() < 0.2);
    let cov: [&[f64]; 3] = [&[2.0, 1.0, 2.0], &[1.0, 1.0, 1.0], &[2.0, 1.0, 2.0]];
    let x = rows(r.multivariate_normal(&[1.0, 0.0, -1.0], &cov, &[n], 700)?)?;
    for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
        assert!((moment(&x, i, j, 1.0 - i as f64, 1.0 - j as f64) - cov[i][j]).abs() < 0.1, "{i} {j}");
    }
    assert!(x.rows().into_iter().all(|v| (v[0] - v[2] - 2.0).abs() < 1e-12), "a covariance without full rank");
    for alpha in [vec![0.5, 2.0, 1.0], vec![0.01, 0.03, 0.06], vec![0.0, 3.0, 3.0]] {
        let total: f64 = alpha.iter().sum();
        let x = rows(r.dirichlet(&alpha, &[n], 700)?)?;
        for (i, a) in alpha.iter().enumerate() {
            let (m, v) = (a / total, a / total * (1.0 - a / total) / (total + 1.0));
            assert!((mean(&x, i) - m).abs() <= 5.0 * (v / n as f64).sqrt(), "{alpha:?}");
            assert!((moment(&x, i, i, m, m) - v).abs() <= 0.1 * v, "{alpha:?}");
        }
        assert!(x.rows().into_iter().all(|v| (v.sum() - 1.0).abs() < 1e-12));
    }
    let events = arange(0, 50, 1, 7)?;
    let x = r.multinomial(&events, &[0.5, 0.5], &[3, 50], [2, 11])?;
    let sums = x.sum(Some(&[2]))?.compute_as::<i64>()?;
    assert!(sums.indexed_iter().all(|(i, s)| *s == i[1] as i64));
    let whole = Generator::new(4).multinomial(&events, &[0.5, 0.5], &[3, 50], Chunks::Whole)?;
    let parts = Generator::new(4).multinomial(&events, &[0.5, 0.5], &[3, 50], [2, 9])?;
    assert_eq!(bits(&whole.compute()?), bits(&same_everywhere(parts.expr(), "multinomial").unwrap()));
    Ok(())
}

#[test]
fn orders_hold_every_element_once() -> Result<()> {
    for n in [0usize, 1, 2, 3, 5, 8, 100, 4096, 4097, 8192, 10_007, 65_536] {
        let x = Generator::new(n as u64).permutation(n, 999)?;
        let mut v = x.compute_as::<i64>()?.into_raw_vec_and_offset().0;
        assert_eq!(bits(&x.compute()?), bits(&Generator::new(n as u64).permutation(n, Chunks::Whole)?.compute()?));
        if n > 100 {
            let fixed = v.iter().enumerate().filter(|(i, v)| *i == **v as usize).count();
            assert!(fixed < 10, "{fixed} of {n} stay in place");
            // Neighbours in no order: half of them rise, and places say nothing of elements.
            let rises = v.windows(2).filter(|w| w[0] < w[1]).count();
            assert!(rises.abs_diff(n / 2) < (5.0 * (n as f64 / 12.0).sqrt()) as usize, "{rises} of {n} rise");
            let m = (n as f64 - 1.0) / 2.0;
            let together: f64 = v.iter().enumerate().map(|(i, &v)| (i as f64 - m) * (v as f64 - m)).sum();
            assert!(together.abs() / (n as f64 * (n * n - 1) as f64 / 12.0) < 5.0 / (n as f64).sqrt());
        }
        v.sort_unstable();
        assert!(v.into_iter().eq(0..n as i64), "{n}");
    }
    // All orders of four elements: 24 with the same probability.
    let mut counts = std::collections::BTreeMap::new();
    let mut r = Generator::new(6);
    for _ in 0..2400 {
        *counts.entry(r.permutation(4, 2)?.compute_as::<i64>()?.into_raw_vec_and_offset().0).or_insert(0.0) += 1.0;
    }
    let far: f64 = counts.values().map(|c: &f64| (c - 100.0).powi(2) / 100.0).sum();
    assert!(counts.len() == 24 && far < 55.0, "{far}");
    Ok(())
}

#[test]
fn the_first_of_a_large_order_are_even() -> Result<()> {
    // Where element 0 of 5000 goes under many keys, and where neighbours go together.
    let mut r = Generator::new(61);
    let mut cells = [0.0f64; 10];
    let mut pairs = [0.0f64; 10];
    for _ in 0..3000 {
        let v = r.choice(5000, Choice::Once, &[2], 2)?.compute_as::<i64>()?.into_raw_vec_and_offset().0;
        cells[v[0] as usize / 500] += 1.0;
        pairs[(v[1] - v[0]).rem_euclid(5000) as usize / 500] += 1.0;
    }
    for c in [cells, pairs] {
        let far: f64 = c.iter().map(|c| (c - 300.0).powi(2) / 300.0).sum();
        assert!(far < 33.7, "{c:?}");
    }
    Ok(())
}

#[test]
fn choices() -> Result<()> {
    let mut r = Generator::new(13);
    let w = [0.5, 0.0, 2.0, 1.5, 6.0];
    let x = r.choice(5, Choice::AgainBy(&w), &[N], 999)?.compute_as::<i64>()?;
    for (i, w) in w.iter().enumerate() {
        let (k, m) = (x.iter().filter(|v| **v == i as i64).count() as f64, N as f64 * w / 10.0);
        assert!((k - m).abs() <= 5.0 * m.sqrt(), "{k} for {m}");
    }
    let (mut first, mut seconds) = ([0.0; 5], 0.0);
    for _ in 0..3000 {
        let v = r.choice(5, Choice::OnceBy(&w), &[4], 3)?.compute_as::<i64>()?.into_raw_vec_and_offset().0;
        first[v[0] as usize] += 1.0;
        seconds += if v[0] == 4 && v[1] == 2 { 1.0 } else { 0.0 };
        let mut sorted = v;
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 2, 3, 4]);
    }
    assert!(first.iter().zip(&w).all(|(k, w): (&f64, _)| (k - 300.0 * w).abs() <= 5.0 * (300.0 * w).sqrt()), "{first:?}");
    assert!((seconds - 3000.0f64 * 0.6 * 0.5).abs() < 150.0, "{seconds}");
    let x = r.choice(10, Choice::Again, &[4, 5], 3)?.compute_as::<i64>()?;
    assert!(x.iter().all(|v| (0..10).contains(v)));
    assert_eq!(r.choice(0, Choice::Once, &[0], 1)?.shape(), [0]);
    refused(r.choice(3, Choice::Once, &[4], 1), &["choice", "4", "3", "replacement"]);
    refused(r.choice(3, Choice::OnceBy(&[1.0, 0.0, 0.0]), &[2], 1), &["choice", "2", "1"]);
    refused(r.choice(3, Choice::AgainBy(&[1.0, 2.0]), &[2], 1), &["choice", "weights", "3"]);
    refused(r.choice(2, Choice::AgainBy(&[1.0, -2.0]), &[2], 1), &["choice", "weight 1", "-2"]);
    refused(r.choice(2, Choice::AgainBy(&[0.0, 0.0]), &[2], 1), &["choice", "sum"]);
    refused(r.choice(0, Choice::Again, &[2], 1), &["choice", "n is 0"]);
    Ok(())
}

#[test]
fn lanes_in_random_order() -> Result<()> {
    let x = arange(0, 60, 1, 7)?.reshape(&[3, 5, 4])?.rechunk([2, 2, 3])?;
    for axis in [-3, 1, 2] {
        let y = Generator::new(5).shuffle(&x, axis)?;
        assert_eq!(y.chunks(), x.chunks());
        let got = same_everywhere(y.expr(), "shuffle").unwrap();
        assert_eq!(bits(&got), bits(&Generator::new(5).shuffle(&x.rechunk(2)?, axis)?.compute()?));
        let all = x.compute_as::<i64>()?;
        let a = axis.rem_euclid(3) as usize;
        let v = y.compute_as::<i64>()?;
        let place = |slice: ndarray::ArrayViewD<i64>| all.axis_iter(ndarray::Axis(a)).position(|o| o == slice);
        let mut places: Vec<usize> = v.axis_iter(ndarray::Axis(a)).map(|s| place(s).expect("slices stay together")).collect();
        places.sort_unstable();
        assert!(places.into_iter().eq(0..x.shape()[a]));
        let z = Generator::new(5).permuted(&x, axis)?;
        let got = same_everywhere(z.expr(), "permuted").unwrap();
        assert_eq!(bits(&got), bits(&Generator::new(5).permuted(&x.rechunk(4)?, axis)?.compute()?));
        let mut lanes = z.compute_as::<i64>()?;
        let mut orders = std::collections::BTreeSet::new();
        for (mut lane, was) in lanes.lanes_mut(ndarray::Axis(a)).into_iter().zip(all.lanes(ndarray::Axis(a))) {
            orders.insert(lane.iter().map(|v| was.iter().position(|w| w == v)).collect::<Vec<_>>());
            lane.as_slice_mut().map_or_else(|| (), |l| l.sort_unstable());
        }
        assert!(orders.len() > 3 && orders.iter().all(|o| o.iter().all(|p| p.is_some())), "{orders:?}");
    }
    refused(Generator::new(5).shuffle(&x, 3), &["shuffle", "axis 3"]);
    refused(Generator::new(5).permuted(&x, -4), &["permuted", "axis -4"]);
    Ok(())
}

#[test]
fn seeds_and_children() -> Result<()> {
    let one = |r: &mut Generator| r.random(&[], Chunks::Auto).and_then(|x| x.compute_as::<f64>()).map(IntoScalar::into_scalar);
    let mut r = Generator::new(1);
    let mut values = vec![one(&mut r)?, one(&mut r)?, one(&mut Generator::new(2))?];
    for mut child in r.spawn(3).into_iter().chain(r.spawn(2)) {
        values.push(one(&mut child)?);
        values.push(one(&mut child.spawn(1)[0])?);
    }
    values.push(one(&mut r)?);
    let again = one(&mut Generator::new(1).spawn(5)[4])?;
    assert!(values.contains(&again));
    let n = values.len();
    values.sort_by(f64::total_cmp);
    values.dedup();
    assert_eq!(values.len(), n, "all of them differ");
    Ok(())
}

#[test]
fn bad_parameters_are_named() -> Result<()> {
    let mut r = Generator::new(1);
    let s = &[4][..];
    refused(r.normal(0.0, -1.0, s, 2), &["normal", "scale", "-1"]);
    refused(r.gamma(f64::NAN, 1.0, s, 2), &["gamma", "shape", "NaN"]);
    refused(r.gamma(f64::INFINITY, 1.0, s, 2), &["gamma", "shape", "finite"]);
    refused(r.binomial(10, 1.5, s, 2), &["binomial", "p", "1.5"]);
    refused(r.binomial(1.5, 0.5, s, 2), &["binomial", "n", "integer"]);
    refused(r.zipf(1.0, s, 2), &["zipf", "a", "above 1"]);
    refused(r.logseries(1.0, s, 2), &["logseries", "p", "below 1"]);
    refused(r.geometric(0.0, s, 2), &["geometric", "p", "above 0"]);
    refused(r.hypergeometric(3, 4, 8, s, 2), &["hypergeometric", "nsample", "8", "7"]);
    refused(r.triangular(0.0, 5.0, 1.0, s, 2), &["triangular", "mode", "5"]);
    refused(r.uniform(2.0, 1.0, s, 2), &["uniform", "low", "high"]);
    refused(r.integers(3, 3, s, 2), &["integers", "3"]);
    refused(r.integers_as(DType::U8, 0, 256, true, s, 2), &["integers", "256", "255"]);
    refused(r.integers_as(DType::F64, 0, 2, true, s, 2), &["integers", "float64"]);
    refused(r.integers(0.5, 2, s, 2), &["integers", "low", "0.5"]);
    refused(r.poisson(&arange(0, 3, 1, 3)?, s, 2), &["poisson", "[3]", "[4]"]);
    refused(r.multinomial(3, &[0.7, 0.7, 0.0], s, 2), &["multinomial", "pvals"]);
    refused(r.multinomial(-3, &[0.7, 0.3], s, 2), &["multinomial", "n", "-3"]);
    refused(r.multivariate_hypergeometric(&[1, 2], 4, s, 2), &["multivariate_hypergeometric", "nsample", "4"]);
    refused(r.multivariate_normal(&[0.0, 0.0], &[&[1.0, 2.0], &[2.0, 1.0]], s, 2), &["multivariate_normal", "covariance"]);
    refused(r.multivariate_normal(&[0.0, 0.0], &[&[1.0, 0.5], &[0.2, 1.0]], s, 2), &["multivariate_normal", "symmetric"]);
    refused(r.multivariate_normal(&[0.0], &[&[1.0, 0.5]], s, 2), &["multivariate_normal", "cov"]);
    refused(r.dirichlet(&[1.0, -0.5], s, 2), &["dirichlet", "alpha[1]", "-0.5"]);
    // Of arrays when it runs, with the element. In one thread, since two chunks have a bad one and the first to fail is named.
    let bad = from_ndarray(ndarray::array![[1.0, 2.0], [3.0, -4.0]].into_dyn(), 1)?;
    let session = Session::new(config(1, 256 << 20));
    let at = |x: Result<DynArray>, words: &[&str]| refused(x.and_then(|x| x.compute_in(&session)), words);
    at(r.normal(0.0, &bad, &[3, 2, 2], [2, 1, 2]), &["normal", "scale is -4", "[0, 1, 1]"]);
    at(r.gamma(&bad, 2.0, &[3, 2, 2], [2, 1, 2]), &["gamma", "shape is -4", "[0, 1, 1]"]);
    at(r.triangular(&bad, 1.5, 3.5, &[2, 2], 2), &["triangular", "mode 1.5", "[0, 1]"]);
    at(r.poisson(&bad, &[2, 2], 2), &["poisson", "lam is -4", "[1, 1]"]);
    at(r.integers(&bad.astype(DType::I64)?, 3, &[2, 2], 2), &["integers", "[1, 0]", "3"]);
    at(r.multinomial(&bad.astype(DType::I64)?, &[0.5, 0.5], &[2, 2], 1), &["multinomial", "n is -4", "[1, 1]"]);
    Ok(())
}
