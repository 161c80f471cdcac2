//! Arrays of positions and of random numbers: NumPy's values, whatever the chunks.

use super::material::{Noise, bits, cut, run, same_everywhere};
use tilework::array::random::Generator;
use tilework::array::{DynArray, arange, eye, linspace};
use tilework::base::Scalar;
use tilework::{Chunks, DType, Session};

fn floats(x: &DynArray) -> Vec<f64> {
    x.astype(DType::F64).unwrap().compute_as::<f64>().unwrap().into_raw_vec_and_offset().0
}

#[test]
fn ranges_are_those_of_numpy() {
    // (start, stop, step) and what numpy.arange gives.
    let whole: &[(i64, i64, i64, &[i64])] = &[
        (0, 5, 1, &[0, 1, 2, 3, 4]),
        (2, 9, 3, &[2, 5, 8]),
        (2, 8, 3, &[2, 5]),
        (5, 0, -2, &[5, 3, 1]),
        (0, -3, 1, &[]),
        (3, 3, 1, &[]),
        (i64::MAX - 3, i64::MAX - 1, 1, &[i64::MAX - 3, i64::MAX - 2]),
        (i64::MIN, i64::MIN + 2, 1, &[i64::MIN, i64::MIN + 1]),
    ];
    for &(a, b, s, want) in whole {
        for chunks in [1, 2, 100] {
            let x = arange(a, b, s, chunks).unwrap();
            assert_eq!((x.dtype(), x.shape()), (DType::I64, vec![want.len()]), "{a} {b} {s}");
            assert_eq!(x.compute_as::<i64>().unwrap().into_raw_vec_and_offset().0, want, "{a} {b} {s}");
        }
    }
    for (a, b, s) in [(0.0_f64, 1.0, 0.1), (1.5, -2.0, -0.25), (0.0, 1e-9, 3e-10), (5.0, 5.0, 1.0)] {
        let n = ((b - a) / s).ceil().max(0.0) as usize;
        let want: Vec<f64> = (0..n).map(|i| a + i as f64 * ((a + s) - a)).collect();
        assert_eq!(floats(&arange(a, b, s, 3).unwrap()), want, "{a} {b} {s}");
    }
    // One float makes all of them floats.
    assert_eq!(arange(0, 3.0, 1, 3).unwrap().dtype(), DType::F64);
}

#[test]
fn linspace_ends_exactly() {
    for (a, b, n) in [(0.0, 1.0, 11), (-1.0, 1.0, 3), (3.0, 3.0, 4), (0.1, 0.7, 7), (1.0, 0.0, 5), (2.0, 9.0, 1), (0.0, 1.0, 0)] {
        let got = floats(&linspace(a, b, n, 4).unwrap());
        let step = (b - a) / (n.max(2) - 1) as f64;
        let want: Vec<f64> = (0..n).map(|i| if n > 1 && i == n - 1 { b } else { i as f64 * step + a }).collect();
        assert_eq!(got, want);
    }
}

#[test]
fn eye_moves_its_diagonal() {
    for (n, m, k) in [(4, 4, 0), (3, 5, 2), (5, 3, -4), (2, 2, 9), (0, 3, 0), (3, 4, -1)] {
        for dtype in [DType::F64, DType::U8, DType::Bool] {
            let got = floats(&eye(n, m, k, dtype, 2).unwrap());
            let want: Vec<f64> =
                (0..n * m).map(|i| f64::from(u8::from((i % m.max(1)) as i64 == (i / m.max(1)) as i64 + k))).collect();
            assert_eq!(got, want, "{n} {m} {k}");
        }
    }
}

type Draw = fn(&mut Generator, &[usize], Chunks) -> tilework::Result<DynArray>;
const DRAWS: &[(&str, Draw)] = &[
    ("random", |g, s, c| g.random(s, c)),
    ("uniform", |g, s, c| g.uniform(-2.0, 5.0, s, c)),
    ("normal", |g, s, c| g.normal(3.0, 2.0, s, c)),
    ("integers", |g, s, c| g.integers(-7, 1000, s, c)),
];

#[test]
fn random_numbers_know_neither_chunks_nor_threads() {
    for (k, (name, draw)) in DRAWS.iter().enumerate() {
        for round in 0..6 {
            let mut noise = Noise(k as u64 * 100 + round);
            let s = super::material::shape(&mut noise, 700);
            let made = [0, 1, 2].map(|_| {
                let mut g = Generator::new(round);
                draw(&mut g, &s, cut(&mut noise, &s)).unwrap()
            });
            let want = bits(&same_everywhere(made[0].expr(), name).unwrap());
            for x in &made[1..] {
                assert_eq!(bits(&run(&Session::default(), x.expr()).unwrap()), want, "{name} {s:?}");
            }
            // Rechunked behind the draw, and cut out of it.
            let again = made[1].rechunk(cut(&mut noise, &s)).unwrap();
            assert_eq!(bits(&same_everywhere(again.expr(), name).unwrap()), want, "{name} {s:?} rechunked");
        }
    }
}

#[test]
fn draws_and_seeds_are_streams_of_their_own() {
    let mut g = Generator::new(1);
    let (a, b) = (g.random(&[50], 7).unwrap(), g.random(&[50], 7).unwrap());
    let c = Generator::new(2).random(&[50], 7).unwrap();
    assert!(floats(&a).iter().zip(floats(&b)).all(|(x, y)| *x != y));
    assert!(floats(&a).iter().zip(floats(&c)).all(|(x, y)| *x != y));
    assert_eq!(floats(&a), floats(&Generator::new(1).random(&[50], 50).unwrap()));
}

#[test]
fn moments_are_those_of_the_distribution() {
    const N: usize = 400_000;
    // Mean and standard deviation, and the smallest and largest value that may come.
    let third = (1007.0f64 * 1007.0 - 1.0) / 12.0;
    let want = [
        (0.5, (1.0f64 / 12.0).sqrt(), 0.0, 1.0),
        (1.5, 7.0 / 12.0f64.sqrt(), -2.0, 5.0),
        (3.0, 2.0, -20.0, 20.0),
        (496.0, third.sqrt(), -7.0, 999.0),
    ];
    for ((name, draw), (mean, std, low, high)) in DRAWS.iter().zip(want) {
        let x = draw(&mut Generator::new(11), &[N], Chunks::Uniform(30_011)).unwrap();
        let one = |y: tilework::Result<DynArray>| y.unwrap().compute().unwrap().at(&[]).as_f64();
        let (m, s) = (one(x.mean(None)), one(x.std(None)));
        // Five standard errors.
        assert!((m - mean).abs() < 5.0 * std / (N as f64).sqrt(), "{name}: mean {m}");
        assert!((s / std - 1.0).abs() < 5.0 / (N as f64).sqrt(), "{name}: standard deviation {s}");
        assert!(one(x.min(None)) >= low && one(x.max(None)) <= high, "{name}");
        // Neighbours have nothing to do with each other.
        let v = floats(&x);
        let lag = v.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>() / (N as f64 * std * std);
        assert!(lag.abs() < 5.0 / (N as f64).sqrt(), "{name}: lag {lag}");
    }
    let third = Generator::new(3).normal(0.0, 1.0, &[N], 50_000).unwrap();
    let v = floats(&third);
    let kurtosis = v.iter().map(|x| x.powi(4)).sum::<f64>() / N as f64;
    assert!((kurtosis - 3.0).abs() < 0.08, "kurtosis {kurtosis}");
    assert!(matches!(third.sum(None).unwrap().compute().unwrap().at(&[]), Scalar::F64(_)));
}
