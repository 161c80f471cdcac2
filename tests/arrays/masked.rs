//! Masked arrays: the masks and elements of numpy.ma in every cut and run.

use super::material::{config, near, refused, same_everywhere, scalars};
use tilework::array::create::from_tensor;
use tilework::array::masked::{self, Masked};
use tilework::array::{DynArray, arange, from_ndarray};
use tilework::chunk::Tensor;
use tilework::op::reduction;
use tilework::{DType, Element, Result, Scalar, Session, for_dtype};

/// Data and mask; what is masked is 0.
fn parse(text: &str) -> (Tensor, Tensor) {
    let f: Vec<&str> = text.split(':').collect();
    let dtype = DType::parse(f[0]).unwrap();
    let shape: Vec<usize> = f[1].split(',').filter(|w| !w.is_empty()).map(|w| w.parse().unwrap()).collect();
    let words: Vec<&str> = f[2].split_ascii_whitespace().collect();
    let scalar = |w: &&str| match (*w, dtype) {
        ("--", _) => Scalar::I64(0),
        (w, d) if d.is_float() => Scalar::F64(w.parse().unwrap()),
        (w, DType::U64) => Scalar::U64(w.parse().unwrap()),
        (w, _) => Scalar::I64(w.parse().unwrap()),
    };
    let mask = Tensor::from_vec(&shape, words.iter().map(|w| *w == "--").collect::<Vec<bool>>()).unwrap();
    let v = words.iter().map(scalar);
    (for_dtype!(dtype, T => Tensor::from_vec::<T>(&shape, v.map(<T as Element>::from_scalar).collect()).unwrap()), mask)
}

fn call(name: &str, p: &[&str], a: &[Masked]) -> Result<Masked> {
    let x = &a[0];
    let axis: Option<Vec<isize>> = p.first().and_then(|w| w.parse().ok()).map(|a| vec![a]);
    let value = |i: usize| -> Scalar { p[i].parse::<i64>().map_or_else(|_| Scalar::F64(p[i].parse().unwrap()), Scalar::I64) };
    macro_rules! methods {
        ($($one:ident)*; $($two:ident)*; $($by:ident)*) => {
            match name {
                $(stringify!($one) => x.$one(),)*
                $(stringify!($two) => x.$two(&a[1]),)*
                $(stringify!($by) => masked::$by(x.data(), value(0)),)*
                "count" => Masked::unmasked(&x.count(axis.as_deref())?),
                "masked_inside" => masked::masked_inside(x.data(), value(0), value(1)),
                "masked_outside" => masked::masked_outside(x.data(), value(0), value(1)),
                "masked_invalid" => masked::masked_invalid(x.data()),
                "masked_values" => masked::masked_values(x.data(), value(0), 1e-5, 1e-8),
                "masked_where" => masked::masked_where(x.data(), a[1].data()),
                "filled" => Masked::unmasked(&x.filled(None)?),
                "fix_invalid" => masked::fix_invalid(x, None),
                "where" => masked::where_(x, &a[1], &a[2]),
                "average" => x.average(axis.as_deref(), Some(&a[1])),
                other => x.reduce(reduction::find(other).expect(other), axis.as_deref(), false, p[1].parse().unwrap()),
            }
        };
    }
    methods!(
        negative absolute sqrt exp log log2 log10 sin cos arcsin arccos arccosh arctanh floor ceil zeros_like ones_like;
        add subtract multiply divide floor_divide remainder fmod maximum minimum power hypot equal less greater_equal logical_and logical_or;
        masked_greater masked_greater_equal masked_less masked_less_equal masked_not_equal masked_equal)
}

/// What is wrong with a result.
fn differs(data: &Tensor, mask: &Tensor, want: &(Tensor, Tensor), mean: bool) -> Option<String> {
    let tolerance = if data.dtype() == DType::F32 { 2e-5 } else { 1e-12 };
    // Means of float32 are float64 in numpy.ma if anything is masked, and float32 if not; here always float32.
    let narrow = mean && data.dtype() == DType::F32 && want.0.dtype() == DType::F64;
    let masks = mask.as_slice::<bool>().unwrap();
    let same = data.shape() == want.0.shape()
        && (data.dtype() == want.0.dtype() || narrow || masks.iter().all(|m| *m))
        && masks == want.1.as_slice::<bool>().unwrap()
        && scalars(data)
            .iter()
            .zip(scalars(&want.0))
            .zip(masks)
            .all(|((a, b), m)| *m || near(a.as_f64(), b.as_f64(), tolerance, 1.0));
    (!same).then(|| format!("{} {:?} {masks:?}", data.dtype(), scalars(data)))
}

#[test]
fn numpy_agrees_in_every_cut() {
    let session = Session::new(config(2, u64::MAX));
    let mut wrong = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let lines: Vec<&str> = include_str!("../data/masked/numpy.txt").lines().collect();
    for (batch, lines) in lines.chunks(60).enumerate() {
        let mut cases = Vec::new();
        for line in lines {
            let f: Vec<&str> = line.split('|').collect();
            seen.insert(f[0]);
            let params: Vec<&str> = f[1].split(' ').filter(|w| !w.is_empty()).collect();
            let arrays: Vec<(Tensor, Tensor)> = f[2].split(';').map(parse).collect();
            for chunks in [1, 2, 1000] {
                let of = |t: &Tensor, c: usize| from_tensor(t.clone(), c).unwrap();
                let a: Vec<Masked> = arrays.iter().map(|(d, m)| Masked::new(&of(d, chunks), &of(m, chunks + 1)).unwrap()).collect();
                let r = call(f[0], &params, &a).unwrap_or_else(|e| panic!("{e}: {line}"));
                cases.push((line, chunks, r, parse(f[3])));
            }
        }
        let exprs: Vec<_> = cases.iter().flat_map(|(_, _, r, _)| [r.data().expr().clone(), r.mask().expr().clone()]).collect();
        let results = session.compute_all(&exprs).unwrap();
        for ((line, chunks, r, want), got) in cases.iter().zip(results.chunks(2)) {
            if let Some(how) = differs(
                &got[0].contiguous(),
                &got[1].contiguous(),
                want,
                ["mean", "var", "std"].contains(&line.split('|').next().unwrap()),
            ) {
                wrong.push(format!("{line}\n   in chunks of {chunks}: {how}"));
            }
            if batch % 8 == 0 && *chunks == 2 && r.shape().len() == 2 {
                same_everywhere(r.data().expr(), line).unwrap();
                same_everywhere(r.mask().expr(), line).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong[..wrong.len().min(25)].join("\n"));
    assert!(seen.len() > 50, "{}", seen.len());
}

#[test]
fn parts_and_fills() -> Result<()> {
    let x = masked::masked_greater(&arange(0, 12, 1, 5)?, 7)?.reshape(&[3, 4])?;
    let y = x.transpose(None)?.index(&[(1..3).into()])?.rechunk(2)?.astype(DType::F32)?;
    let (data, mask) = y.compute()?;
    assert_eq!((data.shape(), data.dtype()), (&[2, 3][..], DType::F32));
    assert_eq!(mask.to_ndarray::<bool>()?, ndarray::array![[false, false, true], [false, false, true]].into_dyn());
    assert_eq!(x.fill_value(), Scalar::I64(999_999));
    assert_eq!(x.set_fill_value(5)?.fill_value(), Scalar::I64(5));
    assert_eq!(masked::masked_equal(&arange(0, 3, 1, 3)?, 2)?.fill_value(), Scalar::I64(2));
    let u = x.add(1.5)?.filled(Some(Scalar::F64(f64::NAN)))?;
    assert!(u.compute_as::<f64>()?.iter().filter(|v| v.is_nan()).count() == 4);
    Ok(())
}

#[test]
fn bad_calls_are_refused() -> Result<()> {
    let x = arange(0, 6, 1, 4)?.reshape(&[2, 3])?;
    refused(Masked::new(&x, &x), &["masked_array", "int64", "not_equal"]);
    refused(Masked::new(&x, &x.index(&[0.into(), (0..2).into()])?.equal(1)?), &["masked_array", "[2]", "[2, 3]"]);
    let m = masked::masked_equal(&x, 3)?;
    refused(m.set_fill_value(1e30), &["set_fill_value", "int64"]);
    refused(m.filled(Some(Scalar::F64(0.5))), &["filled", "0.5"]);
    refused(m.sum(Some(&[2])), &["sum", "axis 2"]);
    refused(m.reduce(&reduction::ARGMIN, None, false, 0.0), &["argmin"]);
    refused(m.add(&from_ndarray(ndarray::array![1, 2].into_dyn(), 1)?), &["add", "broadcast"]);
    let narrow: &DynArray = &from_ndarray(ndarray::array![1.0, 2.0].into_dyn(), 1)?;
    refused(m.average(None, Some(narrow)), &["average", "[2]"]);
    Ok(())
}
