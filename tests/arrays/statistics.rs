//! Options of reductions, statistics, differences, counts and places: NumPy's results in every cut, and the same bits in every run.

use super::material::{Noise, as_numpy, bits, config, cut, near, oracle, run, same_everywhere, scalars, shape, specials, tensor};
use std::collections::BTreeMap;
use tilework::array::{Bins, Cov, DynArray, arange, create::from_tensor, from_ndarray, full, searchsorted};
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::expr::Chunks;
use tilework::format::registry::Registry;
use tilework::op::{reduction, scan};
use tilework::plan::codec::{decode, encode};
use tilework::{DType, ErrorKind, Result, Session, for_dtype};

pub fn numbers<T: std::str::FromStr>(text: &str) -> Vec<T> {
    text.split([',', ' ']).filter(|w| !w.is_empty() && *w != "none").map(|w| w.parse().ok().unwrap()).collect()
}

pub fn parse(text: &str) -> Tensor {
    let f: Vec<&str> = text.split(':').collect();
    let dtype = DType::parse(f[0]).unwrap();
    let scalar = |w: &str| match dtype {
        d if d.is_float() => Scalar::F64(w.parse().unwrap()),
        DType::U64 => Scalar::U64(w.parse().unwrap()),
        _ => Scalar::I64(w.parse().unwrap()),
    };
    let v = f[2].split_ascii_whitespace().map(scalar);
    for_dtype!(dtype, T => Tensor::from_vec::<T>(&numbers::<usize>(f[1]), v.map(<T as tilework::Element>::from_scalar).collect()).unwrap())
}

/// Parameters of a case.
pub struct Params<'a>(pub Vec<&'a str>);

impl Params<'_> {
    fn axes(&self, i: usize) -> Option<Vec<isize>> {
        (self.0[i] != "-").then(|| numbers(self.0[i]))
    }
    pub fn int(&self, i: usize) -> isize {
        self.0[i].parse().unwrap()
    }
    pub fn float(&self, i: usize) -> Option<f64> {
        (self.0[i] != "-").then(|| self.0[i].parse().unwrap())
    }
    pub fn on(&self, i: usize) -> bool {
        self.0[i] == "1"
    }
}

fn reduced(p: &Params, a: &[DynArray]) -> Result<DynArray> {
    let mut r = a[0].reduction(reduction::find(p.0[0]).unwrap());
    if let Some(axes) = p.axes(1) {
        r = r.axes(&axes);
    }
    if p.on(2) {
        r = r.keepdims();
    }
    if let Some(ddof) = p.float(3) {
        r = r.ddof(ddof);
    }
    if let Some(mask) = a.get(1) {
        r = r.where_(mask);
    }
    match p.0[4] {
        "-" => r.build(),
        s => r.initial(s.parse::<i64>().unwrap()).build(),
    }
}

pub fn edges(e: Vec<f64>) -> DynArray {
    from_tensor(Tensor::from_vec(&[e.len()], e).unwrap(), Chunks::Whole).unwrap()
}

fn call(name: &str, p: &Params, a: &[DynArray]) -> Result<Vec<DynArray>> {
    let x = &a[0];
    Ok(vec![match name {
        "reduce" => reduced(p, a)?,
        "ptp" => x.ptp(p.axes(0).as_deref())?,
        "average" => {
            let (mean, total) = x.average_returned(p.axes(0).as_deref(), a.get(1))?;
            return Ok(vec![mean, total.broadcast_to(&total.shape())?]);
        }
        "moment" => x.moment(p.int(0) as usize, p.axes(1).as_deref())?,
        "cov" => x.cov(Cov { rowvar: p.on(0), ddof: p.int(1) as usize })?,
        "corrcoef" => x.corrcoef(p.on(0))?,
        "trace" => x.trace(p.int(0), p.int(1), p.int(2))?,
        "diff" => x.diff(p.int(0) as usize, p.int(1), None, None)?,
        "diff_around" => x.diff(p.int(0) as usize, p.int(1), Some(&a[1]), Some(&a[2]))?,
        "ediff1d" => x.ediff1d(Some(&a[1]), Some(&a[2]))?,
        "gradient" => x.gradient(p.float(0).unwrap(), p.int(1), p.int(2) as usize)?,
        "cummax" => x.cummax(p.int(0))?,
        "cummin" => x.cummin(p.int(0))?,
        "push" => x.push(p.int(0), p.float(1).map(|l| l as usize))?,
        "cumulative_sum" => x.cumulative_sum(p.int(0), p.on(1))?,
        "cumulative_prod" => x.cumulative_prod(p.int(0), p.on(1))?,
        "topk" => return Ok(vec![x.topk(p.int(0), p.int(1))?, x.argtopk(p.int(0), p.int(1))?]),
        "histogram" => {
            let bins = Bins::Even(p.int(0) as usize, p.float(1).unwrap(), p.float(2).unwrap());
            let (counts, e) = x.histogram(bins, a.get(1), p.on(3))?;
            return Ok(vec![counts, edges(e)]);
        }
        "histogram_edges" => {
            let (counts, e) = x.histogram(Bins::Edges(&numbers::<f64>(p.0[0])), a.get(1), p.on(1))?;
            return Ok(vec![counts, edges(e)]);
        }
        "bincount" => x.bincount(a.get(1), p.int(0) as usize)?,
        "digitize" => x.digitize(&numbers::<f64>(p.0[0]), p.on(1))?,
        "searchsorted" => searchsorted(&numbers::<f64>(p.0[0]), x, p.on(1))?,
        "isin" => x.isin(&numbers::<f64>(p.0[0]))?,
        other => panic!("unknown call {other}"),
    }])
}

/// What is wrong with a result.
pub fn differs(got: &Tensor, want: &Tensor, edges: bool) -> Option<String> {
    let float = got.dtype().is_float() && want.dtype().is_float();
    if got.shape() != want.shape() || (got.dtype() != want.dtype() && !(float && edges)) {
        return Some(format!("{} {:?}", got.dtype(), got.shape()));
    }
    let tolerance = if want.dtype() == DType::F32 { 2e-5 } else { 1e-11 };
    let same = |(a, b): (&Scalar, &Scalar)| if float { near(a.as_f64(), b.as_f64(), tolerance, 1.0) } else { a == b };
    let got = scalars(got);
    (!got.iter().zip(&scalars(want)).all(same)).then(|| format!("{got:?}"))
}

/// What a reference library gave for many calls, one in a line: name, parameters, arrays, results or `error`.
pub struct Reference {
    /// The lines.
    pub text: &'static str,
    /// So many lines are computed in one run, which takes the time of a run and not that of its cases.
    pub batch: usize,
    /// The chunks in which arrays come.
    pub cuts: &'static [usize],
    /// Whether a result, by its number, is of edges, whose dtype may differ.
    pub edges: fn(&str, usize) -> bool,
}

impl Reference {
    /// Compares every result of `call` in every cut; gives how often each name is called.
    pub fn agrees(&self, call: impl Fn(&str, &Params, &[DynArray]) -> Result<Vec<DynArray>>) -> BTreeMap<&'static str, usize> {
        let session = Session::new(config(2, u64::MAX));
        let mut seen = BTreeMap::new();
        let mut wrong = Vec::new();
        let lines: Vec<&str> = self.text.lines().collect();
        for (batch, lines) in lines.chunks(self.batch).enumerate() {
            let mut cases = Vec::new();
            for line in lines {
                let f: Vec<&str> = line.split('|').collect();
                let arrays: Vec<Tensor> = f[2].split(';').filter(|a| !a.is_empty()).map(parse).collect();
                let params = Params(f[1].split(' ').collect());
                *seen.entry(f[0]).or_insert(0) += 1;
                for &chunks in self.cuts {
                    let a: Vec<DynArray> = arrays.iter().map(|t| from_tensor(t.clone(), chunks).unwrap()).collect();
                    let results = call(f[0], &params, &a);
                    if let Some(name) = f[3].strip_prefix("error") {
                        let e = results.expect_err(line);
                        // NumPy sees that there is nothing before it looks at the dtype.
                        let none = arrays.iter().any(|a| a.is_empty() && a.dtype() == DType::Bool);
                        let is_its = match name.trim() {
                            "" => e.kind().is_usage(),
                            name => as_numpy(&e, name) || (none && as_numpy(&e, "TypeError")),
                        };
                        assert!(is_its && e.to_string().starts_with(f[0]), "{e:?}: {line}");
                        continue;
                    }
                    let results = results.unwrap_or_else(|e| panic!("{e}: {line}"));
                    let wanted: Vec<Tensor> = f[3].split(';').map(parse).collect();
                    assert_eq!(results.len(), wanted.len(), "{line}");
                    let what = |i: usize| format!("{line} in chunks of {chunks}, result {i}");
                    let case = |(i, (got, want))| (got, want, (self.edges)(f[0], i), what(i));
                    cases.extend(results.into_iter().zip(wanted).enumerate().map(case));
                }
            }
            if cases.is_empty() {
                continue;
            }
            let exprs: Vec<_> = cases.iter().map(|c| c.0.expr().clone()).collect();
            let results = session.compute_all(&exprs).unwrap_or_else(|e| panic!("{e}: {}", lines[0]));
            for (got, (x, want, edges, what)) in results.iter().zip(&cases) {
                assert_eq!((got.dtype(), got.shape().to_vec()), (x.dtype(), x.shape()), "{what}: not as declared");
                wrong.extend(differs(got, want, *edges).map(|d| format!("{what}: {d}")));
            }
            let (x, _, _, what) = &cases[batch % cases.len()];
            let _ = same_everywhere(x.expr(), what);
        }
        wrong.dedup_by_key(|w| w[..w.len().min(20)].to_string());
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
        seen
    }
}

#[test]
fn numpy_agrees_in_every_cut() {
    let text = include_str!("../data/statistics/numpy.txt");
    let edges = |name: &str, i| name.starts_with("histogram") && i == 1;
    let seen = Reference { text, batch: 50, cuts: &[1, 3, 1000], edges }.agrees(call);
    assert_eq!(seen.len(), 23, "{seen:?}");
    assert!(seen.values().all(|&n| n > 8), "{seen:?}");
}

/// What is exact in every cut has the bits of one chunk, over all shapes and dtypes.
#[test]
fn any_cut_gives_the_bits_of_one_chunk() {
    for seed in 0..60 {
        let mut noise = Noise(4000 + seed);
        let dtype = noise.one_of(&DType::ALL[..11]); // `complex` tells of complex numbers, which have no histogram
        let s = shape(&mut noise, 300);
        let t = tensor(&mut noise, dtype, &s, (-9.0, 9.0), &specials(dtype));
        let axis = noise.below(s.len().max(1)) as isize;
        let k = 1 + noise.below(4) as isize;
        let make = |x: &DynArray| -> Result<Vec<DynArray>> {
            let mask = x.isin(&[1.0, 0.0, 2.0, 3.0, 4.0])?.logical_not()?;
            let (counts, _) = x.histogram(Bins::Even(5, -9.0, 9.0), None, false)?;
            let mut v = vec![mask.clone(), counts, x.digitize(&[7, 3, -1], true)?];
            v.push(x.reduction(&reduction::MAX).where_(&mask).initial(dtype == DType::Bool).build()?);
            v.push(x.reduction(&reduction::COUNT_NONZERO).where_(&mask).keepdims().build()?);
            if !s.is_empty() {
                v.extend([x.topk(k, axis)?, x.argtopk(-k, axis)?, x.push(axis, Some(1))?, x.cummin(axis)?]);
                v.push(x.diff(k as usize, axis, None, None)?);
            }
            if s.len() > 1 {
                v.push(x.trace(1 - k, 0, -1)?);
            }
            Ok(v)
        };
        let whole = make(&from_tensor(t.clone(), Chunks::Whole).unwrap()).unwrap();
        let cut = make(&from_tensor(t, cut(&mut noise, &s)).unwrap()).unwrap();
        let exprs: Vec<_> = whole.iter().chain(&cut).map(|a| a.expr().clone()).collect();
        let results = oracle().compute_all(&exprs).unwrap();
        for (i, (want, got)) in results.iter().zip(&results[whole.len()..]).enumerate() {
            if i == 10 && dtype.is_float() {
                continue; // a sum
            }
            assert_eq!((got.shape(), bits(got)), (want.shape(), bits(want)), "seed {seed}, {dtype} {s:?}, result {i}");
        }
        let _ = same_everywhere(cut[seed as usize % cut.len()].expr(), &format!("seed {seed}"));
    }
}

#[test]
fn block_functions_cross_the_wire() {
    let x = arange(0, 50, 1, 7).unwrap();
    let made = [
        searchsorted(&[3.5, 9.0], &x, false).unwrap(),
        x.digitize(&[40u64, 3], true).unwrap(),
        x.isin(&[4u8, 77]).unwrap(),
        x.histogram(Bins::Even(4, 0.0, 40.0), Some(&x), true).unwrap().0,
        x.bincount(None, 50).unwrap(),
        x.argtopk(-5, 0).unwrap(),
    ];
    for a in made {
        let bytes = encode(&[a.expr().clone()]).unwrap();
        let back = decode(&bytes, &Registry::builtin()).unwrap();
        assert_eq!(back[0].key(), a.expr().key());
        assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&run(&oracle(), a.expr()).unwrap()));
    }
}

#[test]
fn lists_in_memory_are_in_the_plan() {
    let x = arange(0, 50, 1, 7).unwrap();
    let fixed = |n: i64| {
        let y = x.isin(&(0..n).collect::<Vec<i64>>()).unwrap();
        tilework::plan::lower(&[y.expr().clone()], &config(1, u64::MAX)).unwrap().fixed_bytes
    };
    let more = fixed(100_000) - fixed(1);
    assert!(more >= 99_999 * 8, "{more} bytes for 100 000 numbers");
}

#[test]
fn integers_beyond_floats_are_told_apart() {
    let big = (1i64 << 60) + 1;
    let x = from_ndarray(ndarray::array![big, big - 1, 7].into_dyn(), 2).unwrap();
    let found = |v: &[i64]| x.isin(v).unwrap().compute_as::<bool>().unwrap().into_raw_vec_and_offset().0;
    assert_eq!(found(&[big]), [true, false, false]);
    let places = searchsorted(&[big - 1, big], &x, false).unwrap().compute_as::<i64>().unwrap();
    assert_eq!(places.into_raw_vec_and_offset().0, [1, 0, 0]);
}

#[test]
fn misuse_is_told_at_the_call() {
    let x = arange(0, 6, 1, 4).unwrap();
    let (f, b) = (x.divide(2).unwrap(), x.greater(2).unwrap());
    let flat = full(&[], 1.5, DType::F64, 1).unwrap();
    let two = full(&[2, 6], 1, DType::I64, 3).unwrap();
    let told = |r: Result<DynArray>, words: &[&str]| {
        let e = r.expect_err(&format!("{words:?}"));
        assert!(e.kind().is_usage(), "{e:?}");
        let text = e.to_string();
        assert!(text.starts_with(words[0]) && words.iter().all(|w| text.contains(w)), "{text}: not {words:?}");
    };
    told(x.reduction(&reduction::MIN).where_(&b).build(), &["min: ", "initial"]);
    told(x.reduction(&reduction::SUM).where_(&x).build(), &["sum: ", "bool", "not_equal"]);
    told(x.reduction(&reduction::SUM).where_(&two.greater(0).unwrap()).build(), &["sum: ", "[2, 6]", "[6]"]);
    told(x.reduction(&reduction::SUM).initial(1.5).build(), &["sum: ", "1.5", "int64", "astype"]);
    told(x.reduction(&reduction::SUM).ddof(1.0).build(), &["sum: ", "ddof"]);
    told(x.reduction(&reduction::MEAN).initial(1).build(), &["mean: ", "initial"]);
    told(x.reduction(&reduction::ARGMAX).where_(&b).build(), &["argmax: ", "where"]);
    told(x.reduction(&reduction::MAX).axes(&[1]).initial(1).build(), &["max: ", "axis 1"]);
    told(b.ptp(None), &["ptp", "bool", "astype"]);
    told(x.average(None, Some(&two)), &["average: ", "[2, 6]", "axes"]);
    told(two.average(Some(&[0]), Some(&x)), &["average: ", "[6]", "[2]"]);
    told(x.moment(65, None), &["moment: ", "65"]);
    told(full(&[2, 2, 2], 1, DType::F64, 1).unwrap().cov(Cov::default()), &["cov ", "3"]);
    told(two.trace(0, 1, 1), &["trace: ", "both 1"]);
    told(x.trace(0, 0, 1), &["trace: ", "axis 1"]);
    told(two.ediff1d(None, None), &["ediff1d: ", "2 dimensions"]);
    told(x.ediff1d(Some(&f), None), &["ediff1d: ", "to_end", "float64"]);
    told(x.gradient(1.0, 0, 3), &["gradient: ", "edge_order", "3"]);
    told(x.gradient(1.0, 1, 1), &["gradient: ", "axis 1"]);
    told(x.push(2, None), &["push: ", "axis 2"]);
    told(x.diff(1, 0, Some(&two), None), &["diff: "]);
    told(x.histogram(Bins::Even(0, 0.0, 1.0), None, false).map(|h| h.0), &["histogram: ", "0 bins"]);
    told(x.histogram(Bins::Even(3, 0.0, f64::INFINITY), None, false).map(|h| h.0), &["histogram: ", "finite"]);
    told(x.histogram(Bins::Edges(&[1.0, 0.0]), None, false).map(|h| h.0), &["histogram: ", "rising"]);
    told(x.histogram(Bins::Even(3, 0.0, 1.0), Some(&two), false).map(|h| h.0), &["histogram: ", "weights", "[2, 6]"]);
    told(f.bincount(None, 3), &["bincount", "float64", "astype"]);
    told(x.digitize(&[1, 3, 2], false), &["digitize: ", "sort"]);
    told(searchsorted(&[1, 3, 2], &x, false), &["searchsorted: ", "sort"]);
    told(x.topk(0, 0), &["topk: ", "k is 0"]);
    told(flat.argtopk(1, 0), &["argtopk: ", "axis 0"]);
    let e = x.bincount(None, 3).unwrap().compute().unwrap_err();
    assert!(
        e.kind() == ErrorKind::Usage && e.to_string().contains("bincount") && e.to_string().contains("raise the length"),
        "{e}"
    );
    assert!(scan::find("ffill").is_some());
}
