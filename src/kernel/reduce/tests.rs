use crate::base::{AxisSlice, DType, Element, Grid, Scalar};
use crate::chunk::{Chunk, Tensor};
use crate::for_dtype;
use crate::kernel::reduce::{Finish, ReduceOp, run_len};
use proptest::prelude::*;

// The table lies above this layer, so rows for the tests are made here.
use crate::kernel::reduce::{Family, ReduceRule, ReduceTags};

fn op(name: &str) -> ReduceOp {
    let skips_nan = name.starts_with("nan");
    let (family, rule, needs) = match name.trim_start_matches("nan") {
        "sum" => (Family::Sum, ReduceRule::Wide, false),
        "prod" => (Family::Prod, ReduceRule::Wide, false),
        "mean" => (Family::Mean, ReduceRule::Float, false),
        "var" => (Family::Var, ReduceRule::FloatPart, false),
        "std" => (Family::Std, ReduceRule::FloatPart, false),
        "min" => (Family::Min, ReduceRule::Same, true),
        "max" => (Family::Max, ReduceRule::Same, true),
        "argmin" => (Family::ArgMin, ReduceRule::Fixed(DType::I64), true),
        "argmax" => (Family::ArgMax, ReduceRule::Fixed(DType::I64), true),
        "any" => (Family::Any, ReduceRule::Fixed(DType::Bool), false),
        "all" => (Family::All, ReduceRule::Fixed(DType::Bool), false),
        "count_nonzero" => (Family::Count, ReduceRule::Fixed(DType::I64), false),
        other => panic!("{other}"),
    };
    let positional = matches!(family, Family::ArgMin | Family::ArgMax);
    let ddof = matches!(family, Family::Var | Family::Std);
    ReduceOp {
        name: "test",
        doc: "",
        family,
        rule,
        tags: ReduceTags { non_empty: needs, positional, ddof, skips_nan },
        cost_ns: 0.0,
    }
}

const NAMES: [&str; 21] = [
    "sum",
    "prod",
    "mean",
    "var",
    "std",
    "min",
    "max",
    "argmin",
    "argmax",
    "any",
    "all",
    "count_nonzero",
    "nansum",
    "nanprod",
    "nanmean",
    "nanvar",
    "nanstd",
    "nanmin",
    "nanmax",
    "nanargmin",
    "nanargmax",
];

fn count(shape: &[usize], axes: &[usize]) -> usize {
    axes.iter().map(|&a| shape[a]).product()
}

/// Map all chunks of the grid, combine, finish.
fn reduce(op: &ReduceOp, t: &Tensor, axes: &[usize], ddof: f64, grid: &Grid) -> crate::base::Result<Tensor> {
    let whole = t.shape().to_vec();
    op.check(&whole, axes)?;
    let kept: Vec<usize> = (0..whole.len()).filter(|a| !axes.contains(a)).collect();
    let mut groups: std::collections::BTreeMap<Vec<usize>, Vec<Chunk>> = std::collections::BTreeMap::new();
    for i in 0..grid.n_chunks() {
        let region = grid.chunk_region(i);
        let state = op.map_tensor(&t.slice(&region), axes, &region.start(), &whole)?;
        groups.entry(kept.iter().map(|&a| region.start()[a]).collect()).or_default().push(state);
    }
    let shape: Vec<usize> = whole.iter().enumerate().map(|(a, &n)| if axes.contains(&a) { 1 } else { n }).collect();
    let out = op.result_dtype(t.dtype());
    let mut all = Tensor::splat(out, &shape, Scalar::I64(0)).contiguous();
    for (start, states) in groups {
        // Two levels of a tree, three states at a time.
        let level: Vec<Chunk> = states.chunks(3).map(|s| op.combine(t.dtype(), s)).collect::<Result<_, _>>()?;
        let state = op.combine(t.dtype(), &level)?;
        let r = op.finish(t.dtype(), &state, Finish { count: count(&whole, axes), ddof })?;
        assert_eq!(r.dtype(), out);
        let mut buffer = crate::chunk::BufferMut::zeroed(all.len() * out.size());
        crate::chunk::tensor::copy_into(&all, &mut buffer, &shape, &crate::base::Region::whole(&shape));
        let mut starts = start.iter();
        let at = (0..shape.len()).map(|a| {
            let s = if axes.contains(&a) { 0 } else { *starts.next().unwrap() };
            s..s + r.shape()[a]
        });
        crate::chunk::tensor::copy_into(&r, &mut buffer, &shape, &crate::base::Region::new(at));
        all = Tensor::new(out, &shape, buffer.freeze()).unwrap();
    }
    Ok(all)
}

fn scalars(t: &Tensor) -> Vec<Scalar> {
    for_dtype!(t.dtype(), T => t.contiguous().as_slice::<T>().unwrap().iter().map(|&x| x.into()).collect())
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-6)
}

fn parse(text: &str, dtype: DType, shape: &[usize]) -> Tensor {
    let words = text.split_ascii_whitespace();
    for_dtype!(dtype, T => {
        let read = |w: &str| T::from_scalar(if dtype.is_float() {
            Scalar::F64(w.parse().unwrap())
        } else if dtype == DType::U64 {
            Scalar::U64(w.parse().unwrap())
        } else {
            Scalar::I64(w.parse().unwrap())
        });
        Tensor::from_vec::<T>(shape, words.map(read).collect()).unwrap()
    })
}

fn dims(text: &str) -> Vec<usize> {
    text.split(',').filter(|s| !s.is_empty()).map(|s| s.parse().unwrap()).collect()
}

#[test]
fn agrees_with_numpy() {
    let mut seen = std::collections::BTreeSet::new();
    for line in include_str!("../../../tests/data/reduce/numpy.txt").lines().filter(|l| !l.contains("cum")) {
        let f: Vec<&str> = line.split('|').collect();
        let (name, dtype, shape, axes) = (f[0], DType::parse(f[1]).unwrap(), dims(f[2]), dims(f[3]));
        let t = parse(f[5], dtype, &shape);
        seen.insert(name);
        for size in [1, 2, 100] {
            let grid = grid(&shape, size);
            let r = reduce(&op(name), &t, &axes, f[4].parse().unwrap(), &grid);
            if f[8] == "error" {
                assert!(r.is_err(), "{line}");
                continue;
            }
            let r = r.unwrap_or_else(|e| panic!("{e}: {line}"));
            let expected = parse(f[8], DType::parse(f[6]).unwrap(), &dims(f[7]));
            assert_eq!((r.dtype(), r.shape()), (expected.dtype(), expected.shape()), "{line}");
            let tolerance = if r.dtype() == DType::F32 { 1e-5 } else { 1e-12 };
            for (a, b) in scalars(&r).into_iter().zip(scalars(&expected)) {
                let same = if r.dtype().is_float() { close(a.as_f64(), b.as_f64(), tolerance) } else { a == b };
                assert!(same, "{a} is not {b} in chunks of {size}: {line}");
            }
        }
    }
    assert_eq!(seen.len(), 21);
}

fn grid(shape: &[usize], size: usize) -> Grid {
    Grid::new(shape.iter().map(|&n| crate::base::Axis::regular(n, size)))
}

/// Numbers that are spread out by a hash of their place.
fn noise(i: usize) -> f64 {
    let mut x = (i as u64).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 29;
    x = x.wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^= x >> 32;
    x as f64 / 2f64.powi(64)
}

fn filled(dtype: DType, shape: &[usize], seed: usize, nans: bool) -> Tensor {
    let n: usize = shape.iter().product();
    let value = |i: usize| {
        let x = noise(i + seed * 7919);
        if dtype.is_inexact() && nans && noise(i * 31 + seed) < 0.05 {
            Scalar::F64(f64::NAN)
        } else if dtype.is_inexact() {
            Scalar::F64((x - 0.3) * 1e3)
        } else {
            Scalar::F64((x * 120.0).floor())
        }
    };
    for_dtype!(dtype, T => Tensor::from_vec::<T>(shape, (0..n).map(|i| T::from_scalar(value(i))).collect()).unwrap())
}

/// What each result is made of: flat numbers and elements, in C order.
fn members(t: &Tensor, axes: &[usize]) -> Vec<Vec<(usize, f64)>> {
    let shape = t.shape().to_vec();
    let kept: Vec<usize> = shape.iter().enumerate().map(|(a, &n)| if axes.contains(&a) { 1 } else { n }).collect();
    let mut out = vec![Vec::new(); kept.iter().product()];
    for (flat, s) in scalars(t).into_iter().enumerate() {
        let (mut rest, mut step, mut o) = (flat, 1, 0);
        for a in (0..shape.len()).rev() {
            if !axes.contains(&a) {
                o += rest % shape[a] * step;
            }
            step *= kept[a];
            rest /= shape[a];
        }
        out[o].push((flat, s.as_f64()));
    }
    out
}

/// The sum in twice the precision (error-free additions kept as an expansion).
fn exact_sum(v: impl Iterator<Item = f64>) -> f64 {
    let mut parts: Vec<f64> = Vec::new();
    for mut x in v {
        let mut i = 0;
        for j in 0..parts.len() {
            let mut y = parts[j];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let hi = x + y;
            let lo = y - (hi - x);
            if lo != 0.0 {
                parts[i] = lo;
                i += 1;
            }
            x = hi;
        }
        parts.truncate(i);
        parts.push(x);
    }
    parts.iter().rev().sum()
}

/// The result from its members, straightforwardly.
fn oracle(name: &str, all: &[(usize, f64)], shape: &[usize], axes: &[usize], ddof: f64) -> f64 {
    let skip = name.starts_with("nan");
    let v: Vec<(usize, f64)> = all.iter().copied().filter(|x| !(skip && x.1.is_nan())).collect();
    let n = v.len() as f64;
    let sum = || exact_sum(v.iter().map(|x| x.1));
    let has_nan = v.iter().any(|x| x.1.is_nan());
    let var = || {
        let mean = sum() / n;
        if n <= ddof { f64::NAN } else { exact_sum(v.iter().map(|x| (x.1 - mean).powi(2))) / (n - ddof) }
    };
    let first = |better: fn(f64, f64) -> bool| {
        let mut best = v[0];
        for &x in &v[1..] {
            if !best.1.is_nan() && (x.1.is_nan() || better(x.1, best.1)) {
                best = x;
            }
        }
        best.0
    };
    let position = |flat: usize| {
        if axes.len() == shape.len() && axes.len() != 1 {
            return flat as f64;
        }
        let inner: usize = shape[axes[0] + 1..].iter().product();
        (flat / inner % shape[axes[0]]) as f64
    };
    match name.trim_start_matches("nan") {
        "sum" if has_nan => f64::NAN,
        "sum" => sum(),
        "prod" => v.iter().map(|x| x.1).product(),
        "mean" if has_nan || n == 0.0 => f64::NAN,
        "mean" => sum() / n,
        "var" | "std" if has_nan => f64::NAN,
        "var" => var(),
        "std" => var().sqrt(),
        "min" | "max" if has_nan || v.is_empty() => f64::NAN,
        "min" => v.iter().map(|x| x.1).fold(f64::INFINITY, f64::min),
        "max" => v.iter().map(|x| x.1).fold(f64::NEG_INFINITY, f64::max),
        "argmin" => position(first(|a, b| a < b)),
        "argmax" => position(first(|a, b| a > b)),
        "any" => f64::from(u8::from(v.iter().any(|x| x.1 != 0.0))),
        "all" => f64::from(u8::from(v.iter().all(|x| x.1 != 0.0))),
        _ => v.iter().filter(|x| x.1 != 0.0).count() as f64,
    }
}

fn shapes() -> impl Strategy<Value = Vec<usize>> {
    let side = prop_oneof![Just(0usize), Just(1), Just(2), Just(3), Just(7), Just(13), Just(31), Just(37), 1usize..20];
    let long = prop_oneof![Just(1usize), Just(1023), Just(1024), Just(2053), Just(600)];
    prop_oneof![
        3 => prop::collection::vec(side, 0..=4),
        2 => (long.clone(), 0usize..6).prop_map(|(n, m)| vec![n, m]),
        2 => (0usize..6, long.clone()).prop_map(|(m, n)| vec![m, n]),
        1 => (1usize..4, long, 1usize..4).prop_map(|(a, n, b)| vec![a, n, b]),
    ]
}

fn dtypes() -> impl Strategy<Value = DType> {
    prop_oneof![3 => Just(DType::F64), 2 => Just(DType::F32), 3 => prop::sample::select(DType::ALL.to_vec())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn chunked_equals_whole(
        shape in shapes(), dtype in dtypes(), name in prop::sample::select(NAMES.to_vec()), mask in 0u32..16, seed in 0usize..1000,
        nans in any::<bool>(), size in prop_oneof![Just(1usize), Just(3), Just(11), Just(700), Just(5000)], ddof in 0u32..2,
    ) {
        let axes: Vec<usize> = (0..shape.len()).filter(|a| mask >> a & 1 == 1).collect();
        let op = op(name);
        let size = if shape.iter().product::<usize>() > 500 { size.max(11) } else { size };
        let t = filled(dtype, &shape, seed, nans);
        let r = reduce(&op, &t, &axes, f64::from(ddof), &grid(&shape, size));
        if op.check(&shape, &axes).is_err() {
            prop_assert!(r.is_err());
            return Ok(());
        }
        let groups = members(&t, &axes);
        let all_nan = |g: &Vec<(usize, f64)>| g.iter().all(|x| x.1.is_nan());
        if name.starts_with("nanarg") && groups.iter().any(all_nan) {
            prop_assert!(r.unwrap_err().to_string().contains("All-NaN slice encountered"));
            return Ok(());
        }
        let r = r.unwrap();
        prop_assert_eq!(r.len(), groups.len());
        if name.ends_with("prod") && dtype != DType::Bool {
            return Ok(()); // huge: see `products`
        }
        for (got, group) in scalars(&r).into_iter().zip(&groups) {
            let want = oracle(name, group, &shape, &axes, f64::from(ddof));
            let magnitude = group.iter().map(|x| x.1.abs()).filter(|x| x.is_finite()).sum::<f64>();
            // The tolerance follows the sum of magnitudes, not the (perhaps cancelled) sum.
            let slack = match (name.trim_start_matches("nan"), r.dtype()) {
                (_, DType::F32 | DType::C64) => 1e-6 * want.abs() + 1e-14 * magnitude,
                ("sum", DType::F64 | DType::C128) => 1e-15 * magnitude,
                ("mean", DType::F64 | DType::C128) => 1e-15 * magnitude / group.len() as f64,
                ("var" | "std", _) => 1e-13 * want.abs() + 1e-10,
                _ => 0.0,
            };
            let got = got.as_f64();
            prop_assert!(
                got == want || (got.is_nan() && want.is_nan()) || (got - want).abs() <= slack,
                "{} of {:?} {} over {:?} in {}: {} is not {}", name, shape, dtype, axes, size, got, want
            );
        }
    }

    #[test]
    fn pieces_do_not_matter(
        shape in shapes(), dtype in dtypes(), name in prop::sample::select(NAMES.to_vec()), mask in 0u32..16, seed in 0usize..1000,
        cut in prop_oneof![Just(1usize), Just(7), Just(32), Just(500), Just(1024), Just(1500), Just(2048)], regular in any::<bool>(),
    ) {
        let axes: Vec<usize> = (0..shape.len()).filter(|a| mask >> a & 1 == 1).collect();
        let op = op(name);
        prop_assume!(op.check(&shape, &axes).is_ok());
        let t = filled(dtype, &shape, seed, true);
        let origin: Vec<usize> = shape.iter().map(|_| 0).collect();
        let whole = op.map_tensor(&t, &axes, &origin, &shape).unwrap();
        let mut acc = op.accumulator(dtype, &shape, &axes, &origin, &shape).unwrap();
        let (run, n) = (run_len(&shape, &axes), t.len());
        for_dtype!(dtype, T => {
            let data = t.as_slice::<T>().unwrap();
            let mut at = 0;
            while at < n {
                let to_run_end = run - at % run;
                let len = if regular { cut.min(to_run_end) } else { 1 + (noise(at + seed) * cut as f64) as usize }.min(n - at);
                acc.piece(at, &data[at..at + len]).unwrap();
                at += len;
            }
        });
        prop_assert_eq!(bits(&whole), bits(&acc.into_state().unwrap()));
        // A strided view of the same elements.
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        let strided = t.permute(&order).contiguous().permute(&order);
        prop_assert_eq!(bits(&whole), bits(&op.map_tensor(&strided, &axes, &origin, &shape).unwrap()));
        let declared = op.state_bytes(dtype, &shape, &axes).unwrap();
        prop_assert!(whole.payload_bytes() <= declared, "{} bytes declared, {} held", declared, whole.payload_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_first_of_equals_wins(
        shape in prop_oneof![prop::collection::vec(1usize..8, 2..=3), Just(vec![400, 3])], axis in 0usize..6, size in 1usize..5,
        name in prop::sample::select(vec!["argmin", "argmax", "nanargmin", "nanargmax"]), seed in 0usize..10_000, nan in any::<bool>(),
    ) {
        // Few values, and all axes half of the time: chunks then do not come in the order of the elements.
        let axes: Vec<usize> = if axis < shape.len() { vec![axis] } else { (0..shape.len()).collect() };
        let n: usize = shape.iter().product();
        let level = |i: usize| (noise(i + seed * 131) * 3.0).floor();
        let value = |i: usize| if nan && level(i) == 1.0 { f64::NAN } else { level(i) };
        let t = Tensor::from_vec(&shape, (0..n).map(value).collect()).unwrap();
        let groups = members(&t, &axes);
        let r = reduce(&op(name), &t, &axes, 0.0, &grid(&shape, size));
        if name.starts_with("nan") && groups.iter().any(|g| g.iter().all(|x| x.1.is_nan())) {
            prop_assert!(r.is_err());
            return Ok(());
        }
        let got: Vec<f64> = scalars(&r.unwrap()).into_iter().map(Scalar::as_f64).collect();
        let want: Vec<f64> = groups.iter().map(|g| oracle(name, g, &shape, &axes, 0.0)).collect();
        prop_assert_eq!(got, want, "{} of {:?} over {:?} in chunks of {}", name, shape, axes, size);
    }
}

fn bits(c: &Chunk) -> Vec<Vec<u8>> {
    match c {
        Chunk::Tensor(t) => vec![t.contiguous().buffer().bytes().to_vec()],
        Chunk::List(l) => l.iter().flat_map(bits).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    use crate::kernel::element::Isa;
    let best = Isa::detect();
    for (shape, axes) in [(vec![5000], vec![0]), (vec![700, 3], vec![0]), (vec![40, 600], vec![0]), (vec![900, 7], vec![1])] {
        for dtype in DType::ALL {
            let t = filled(dtype, &shape, 3, true);
            for name in NAMES {
                let layout = std::sync::Arc::new(super::layout::Layout::new(&shape, &axes).unwrap());
                let run = |isa| {
                    let states = op(name).kinds(dtype).into_iter().flat_map(|k| {
                        let mut part = (k.make)(layout.clone(), isa);
                        // SAFETY: all elements of a contiguous tensor.
                        unsafe { part.piece(0, t.origin(), t.len()) };
                        part.store().unwrap()
                    });
                    states.map(|t| bits(&Chunk::Tensor(t))).collect::<Vec<_>>()
                };
                let lowest = run(Isa::Baseline);
                for isa in [Isa::Avx2, Isa::Avx512].into_iter().filter(|&i| i <= best) {
                    assert_eq!(lowest, run(isa), "{name} of {dtype} {shape:?} on {isa:?}");
                }
            }
        }
    }
}

#[test]
fn products() {
    let t = Tensor::from_vec(&[3, 2], vec![2i8, -3, 4, 5, 127, 127]).unwrap();
    let r = reduce(&op("prod"), &t, &[0], 0.0, &grid(&[3, 2], 2)).unwrap();
    assert_eq!(r.as_slice::<i64>().unwrap(), [1016, -1905]);
    let v: Vec<f64> = (0..3000).map(|i| 1.0 + (noise(i) - 0.5) * 1e-3).collect();
    let logs = v.iter().map(|x| x.ln()).sum::<f64>().exp();
    let r = reduce(&op("prod"), &Tensor::from_vec(&[3000], v).unwrap(), &[0], 0.0, &grid(&[3000], 1300)).unwrap();
    assert!(close(r.at(&[0]).as_f64(), logs, 1e-12));
}

#[test]
fn sums_do_not_cancel() {
    // Each chunk's sum is huge, the whole is 2000.
    let mut v = vec![1e16; 2000];
    v.extend(vec![1.0; 2000]);
    v.extend(vec![-1e16; 2000]);
    let t = Tensor::from_vec(&[6000], v).unwrap();
    let r = reduce(&op("sum"), &t, &[0], 0.0, &grid(&[6000], 1000)).unwrap();
    assert_eq!(r.at(&[0]).as_f64(), 2000.0);
    // A variance far from zero.
    let t = Tensor::from_vec(&[6000], (0..6000).map(|i| 1e9 + f64::from(i % 2)).collect()).unwrap();
    let r = reduce(&op("var"), &t, &[0], 0.0, &grid(&[6000], 700)).unwrap();
    assert!(close(r.at(&[0]).as_f64(), 0.25, 1e-9), "{}", r.at(&[0]));
    // 30 million would be wrong from 2^24 on, were it summed in f32.
    let t = Tensor::splat(DType::F32, &[30_000_001], Scalar::F64(1.0));
    let r = reduce(&op("sum"), &t, &[0], 0.0, &grid(&[30_000_001], 0)).unwrap();
    assert_eq!(r.at(&[0]).as_f64(), f64::from(30_000_001f32));
}

#[test]
fn misuse_is_told() {
    let t = filled(DType::F64, &[4, 5], 0, false);
    let sum = op("sum");
    for axes in [&[2][..], &[0, 0]] {
        assert!(sum.map_tensor(&t, axes, &[0, 0], &[4, 5]).is_err());
    }
    let acc = |_| sum.accumulator(DType::F64, &[4, 5], &[0], &[0, 0], &[4, 5]).unwrap();
    let mut missing = acc(());
    missing.piece(0, &[1.0; 10]).unwrap();
    assert!(missing.into_state().is_err());
    let mut swapped = acc(());
    swapped.piece(10, &[1.0; 10]).unwrap();
    swapped.piece(0, &[1.0; 10]).unwrap();
    assert!(swapped.into_state().is_err());
    let mut long = acc(());
    long.piece(0, &[1.0; 21]).unwrap();
    assert!(long.into_state().is_err());
    assert!(acc(()).piece(0, &[1f32; 20]).is_err());
    assert!(sum.combine(DType::F64, &[]).is_err());
    assert!(sum.combine(DType::F64, &[Chunk::Unit]).is_err());
    assert!(sum.finish(DType::F64, &Chunk::Unit, Finish::default()).is_err());
    // A view with a negative step.
    let back = t.slice_axis(1, AxisSlice { start: 4, step: -1, len: 5 });
    let r = reduce(&op("argmin"), &back, &[1], 0.0, &grid(&[4, 5], 2)).unwrap();
    let want: Vec<f64> = members(&back, &[1]).iter().map(|g| oracle("argmin", g, &[4, 5], &[1], 0.0)).collect();
    assert_eq!(scalars(&r).into_iter().map(Scalar::as_f64).collect::<Vec<_>>(), want);
}
