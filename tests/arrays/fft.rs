//! Fourier transforms: NumPy's results in every cut, there and back again, and the same bits in every run.

use super::material::{Noise, as_numpy, bits, config, cut, refused, run, same_everywhere, tensor};
use num_complex::Complex;
use tilework::array::fft::{self, Scale};
use tilework::array::{DynArray, create::from_tensor};
use tilework::chunk::Tensor;
use tilework::{DType, Result, Session};

fn numbers<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
    (text != "-").then(|| text.split(',').filter(|w| !w.is_empty()).map(|w| w.parse().ok().unwrap()).collect())
}

fn parse(text: &str) -> Tensor {
    let f: Vec<&str> = text.split(':').collect();
    let shape: Vec<usize> = numbers(f[1]).unwrap();
    let v: Vec<f64> = f[2].split_ascii_whitespace().map(|w| w.parse().unwrap()).collect();
    match DType::parse(f[0]).unwrap() {
        DType::C128 => Tensor::from_vec(&shape, v.chunks(2).map(|p| Complex::new(p[0], p[1])).collect()).unwrap(),
        DType::C64 => Tensor::from_vec(&shape, v.chunks(2).map(|p| Complex::new(p[0] as f32, p[1] as f32)).collect()).unwrap(),
        DType::F64 => Tensor::from_vec(&shape, v).unwrap(),
        DType::F32 => Tensor::from_vec(&shape, v.iter().map(|&v| v as f32).collect()).unwrap(),
        _ => Tensor::from_vec(&shape, v.iter().map(|&v| v as i32).collect()).unwrap(),
    }
}

/// Real and imaginary parts.
fn parts(t: &Tensor) -> Vec<f64> {
    let x = from_tensor(t.clone(), 1000).unwrap().astype(DType::C128).unwrap();
    x.compute().unwrap().as_slice::<Complex<f64>>().unwrap().iter().flat_map(|z| [z.re, z.im]).collect()
}

fn call(f: &[&str], x: &DynArray) -> Result<DynArray> {
    let (n, axes) = (numbers::<usize>(f[1]), numbers::<isize>(f[2]));
    let scale = match f[3] {
        "ortho" => Scale::Ortho,
        "forward" => Scale::Forward,
        _ => Scale::Backward,
    };
    let (one, axis) = (n.as_ref().map(|n| n[0]), axes.as_ref().map_or(-1, |a| a[0]));
    let (two, pair) =
        (n.as_ref().filter(|n| n.len() == 2).map(|n| [n[0], n[1]]), axes.as_ref().filter(|a| a.len() == 2).map(|a| [a[0], a[1]]));
    match f[0] {
        "fft" => fft::fft(x, one, axis, scale),
        "ifft" => fft::ifft(x, one, axis, scale),
        "rfft" => fft::rfft(x, one, axis, scale),
        "irfft" => fft::irfft(x, one, axis, scale),
        "hfft" => fft::hfft(x, one, axis, scale),
        "ihfft" => fft::ihfft(x, one, axis, scale),
        "fft2" => fft::fft2(x, two, pair, scale),
        "ifft2" => fft::ifft2(x, two, pair, scale),
        "rfft2" => fft::rfft2(x, two, pair, scale),
        "irfft2" => fft::irfft2(x, two, pair, scale),
        "fftn" => fft::fftn(x, n.as_deref(), axes.as_deref(), scale),
        "ifftn" => fft::ifftn(x, n.as_deref(), axes.as_deref(), scale),
        "rfftn" => fft::rfftn(x, n.as_deref(), axes.as_deref(), scale),
        "irfftn" => fft::irfftn(x, n.as_deref(), axes.as_deref(), scale),
        other => panic!("unknown call {other}"),
    }
}

#[test]
fn numpy_agrees_in_every_cut() {
    let session = Session::new(config(2, u64::MAX));
    let mut cases = Vec::new();
    for line in include_str!("../data/fft/numpy.txt").lines() {
        let f: Vec<&str> = line.split('|').collect();
        for chunks in [1, 3, 1000] {
            let x = from_tensor(parse(f[4]), chunks).unwrap();
            let result = call(&f, &x);
            if let Some(name) = f[5].strip_prefix("error ") {
                let e = result.expect_err(line);
                assert!(as_numpy(&e, name) && e.to_string().starts_with(f[0]), "{e:?}: {line}");
                continue;
            }
            cases.push((
                result.unwrap_or_else(|e| panic!("{e}: {line}")).expr().clone(),
                parse(f[5]),
                format!("{line} in chunks of {chunks}"),
            ));
        }
    }
    let exprs: Vec<_> = cases.iter().map(|c| c.0.clone()).collect();
    let results = session.compute_all(&exprs).unwrap();
    for (got, (_, want, what)) in results.iter().zip(&cases) {
        assert_eq!((got.dtype(), got.shape()), (want.dtype(), want.shape()), "{what}");
        let (got, want, single) = (parts(got), parts(want), got.dtype().part() == DType::F32);
        let scale = want.iter().fold(1.0f64, |s, v| s.max(v.abs()));
        let tolerance = scale * if single { 2e-6 } else { 2e-15 };
        assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() <= tolerance), "{what}: {got:?}");
    }
}

/// Long lanes of all kinds of lengths come back, in every cut with the same bits.
#[test]
fn there_and_back() {
    let mut noise = Noise(8);
    for (shape, axis) in [(vec![9, 1009], 1), (vec![1024, 40], 0), (vec![3, 770, 5], 1), (vec![20011], 0), (vec![0, 8], 1)] {
        for dtype in [DType::F64, DType::F32] {
            let t = tensor(&mut noise, dtype, &shape, (-1.0, 1.0), &[]);
            let what = format!("{dtype} {shape:?}");
            let mut seen = None;
            for round in 0..2 {
                let chunks = if shape.len() == 1 { tilework::expr::Chunks::Uniform(7000) } else { cut(&mut noise, &shape) };
                let x = from_tensor(t.clone(), if round == 0 { tilework::expr::Chunks::Whole } else { chunks }).unwrap();
                let y = fft::rfft(&x, None, axis, Scale::Ortho).unwrap();
                let z = fft::irfft(&y, Some(shape[axis as usize]), axis, Scale::Ortho).unwrap();
                let got = run(&Session::new(config(2, u64::MAX)), y.expr()).unwrap();
                assert_eq!(*seen.get_or_insert(bits(&got)), bits(&got), "{what}");
                let back = run(&Session::new(config(2, u64::MAX)), z.expr()).unwrap();
                let tolerance = if dtype == DType::F32 { 3e-6 } else { 3e-15 };
                assert!(parts(&back).iter().zip(&parts(&t)).all(|(a, b)| (a - b).abs() < tolerance), "{what}");
                let whole = fft::fft(&x, None, axis, Scale::Ortho).unwrap();
                let half = whole.index(&[tilework::array::Index::Ellipsis]).unwrap();
                let back =
                    run(&Session::new(config(2, u64::MAX)), fft::ifft(&half, None, axis, Scale::Ortho).unwrap().expr()).unwrap();
                assert!(parts(&back).iter().zip(&parts(&t)).all(|(a, b)| (a - b).abs() < tolerance), "{what}");
            }
        }
    }
    let x = from_tensor(tensor(&mut noise, DType::F64, &[12, 31], (-1.0, 1.0), &[]), 5).unwrap();
    let y = fft::ifftn(&fft::fftn(&x, Some(&[16, 24]), None, Scale::Forward).unwrap(), None, None, Scale::Forward).unwrap();
    same_everywhere(y.expr(), "fftn").unwrap();
    let bytes = tilework::plan::codec::encode(std::slice::from_ref(y.expr())).unwrap();
    let back = tilework::plan::codec::decode(&bytes, &tilework::format::registry::Registry::builtin()).unwrap();
    assert_eq!(back[0].key(), y.expr().key());
}

#[test]
fn bad_calls_are_refused_at_once() {
    let x = tilework::array::ones(&[4], DType::F64, 2).unwrap();
    refused(fft::fftfreq(0, 1.0, 2), &["fftfreq", "length of 0"]);
    refused(fft::fftshift(&x, Some(&[1])), &["fftshift", "axis 1"]);
    refused(fft::fft2(&x, None, None, Scale::Backward), &["fft2", "out of bounds"]);
}
