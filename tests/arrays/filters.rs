//! Filters and halos: SciPy's results in every cut, and the same bits in every cut and run.

use super::material::{Noise, bits, config, cut, near, oracle, refused, run, same_everywhere, scalars, shape, specials, tensor};
use ndarray::ArrayD;
use tilework::array::filter::{Overlapping, convolve, correlate};
use tilework::array::{
    DynArray, Filter, Gaussian, Morphology, Neighbourhood, Overlap, arange, create::from_tensor, from_ndarray, map_overlap,
    map_overlaps,
};
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::expr::Chunks;
use tilework::expr::node::Boundary;
use tilework::format::registry::Registry;
use tilework::plan::codec::{decode, encode};
use tilework::{DType, Element, Result, Session, for_dtype};

fn numbers<T: std::str::FromStr>(text: &str) -> Vec<T> {
    text.split([',', ' ']).filter(|w| !w.is_empty() && *w != "-").map(|w| w.parse().ok().unwrap()).collect()
}

fn parse(text: &str) -> Tensor {
    let f: Vec<&str> = text.split(':').collect();
    let dtype = DType::parse(f[0]).unwrap();
    let scalar = |w: &str| if dtype.is_float() { Scalar::F64(w.parse().unwrap()) } else { Scalar::I64(w.parse().unwrap()) };
    let v = f[2].split_ascii_whitespace().map(scalar);
    for_dtype!(dtype, T => Tensor::from_vec::<T>(&numbers::<usize>(f[1]), v.map(<T as Element>::from_scalar).collect()).unwrap())
}

/// A case of the file.
struct Case<'a> {
    name: &'a str,
    common: Vec<&'a str>,
    params: Vec<&'a str>,
    arrays: Vec<Tensor>,
    want: Tensor,
}

impl<'a> Case<'a> {
    fn of(line: &'a str) -> Case<'a> {
        let f: Vec<&str> = line.split('|').collect();
        let params = f[2].split(' ').collect();
        Case {
            name: f[0],
            common: f[1].split(' ').collect(),
            params,
            arrays: f[3].split(';').map(parse).collect(),
            want: parse(f[4]),
        }
    }

    fn filter(&self) -> Filter {
        let value: f64 = self.common[1].parse().unwrap();
        let modes: Vec<Boundary> = self.common[0].split(',').map(|m| mode(m, value)).collect();
        let mut f = Filter::default().mode(modes);
        if self.common[2] != "-" {
            f = f.origin(numbers::<isize>(self.common[2]));
        }
        if self.common[3] != "-" {
            f = f.axes(&numbers::<isize>(self.common[3]));
        }
        if self.common[4] != "-" {
            f = f.output(DType::parse(self.common[4]).unwrap());
        }
        f
    }

    fn number<T: std::str::FromStr>(&self, i: usize) -> T {
        self.params[i].parse().ok().unwrap()
    }

    fn list<T: std::str::FromStr>(&self, i: usize) -> Vec<T> {
        numbers(self.params[i])
    }

    fn window(&self) -> Neighbourhood {
        match self.arrays.get(1) {
            Some(f) => f.to_ndarray::<bool>().unwrap().into(),
            None => self.list::<usize>(0)[..].into(),
        }
    }

    fn gaussian(&self, truncate: usize) -> Gaussian {
        let g = Gaussian::new(self.list::<f64>(0)).order(self.list::<usize>(1)).truncate(self.number(truncate));
        if self.params[truncate + 1] == "-" { g } else { g.radius(self.number::<usize>(truncate + 1)) }
    }

    fn morphology(&self, chunks: &Chunks) -> Morphology {
        let mut m = Morphology::default().iterations(self.number(0)).border_value(self.params[1] == "1");
        if let Some(s) = self.arrays.get(1) {
            m = m.structure(s.to_ndarray::<bool>().unwrap());
        }
        if let Some(mask) = self.arrays.get(2) {
            m = m.mask(&from_tensor(mask.clone(), chunks.clone()).unwrap());
        }
        if self.common[2] == "-" { m } else { m.origin(numbers::<isize>(self.common[2])) }
    }

    fn run(&self, chunks: &Chunks) -> Result<DynArray> {
        let x = &from_tensor(self.arrays[0].clone(), chunks.clone())?;
        let f = &self.filter();
        let weights = || self.arrays[1].to_ndarray::<f64>().unwrap();
        match self.name {
            "correlate1d" => x.correlate1d(&self.list::<f64>(0), self.number(1), f),
            "convolve1d" => x.convolve1d(&self.list::<f64>(0), self.number(1), f),
            "correlate" => x.correlate(&weights(), f),
            "convolve" => x.convolve(&weights(), f),
            "uniform_filter1d" => x.uniform_filter1d(self.number(0), self.number(1), f),
            "uniform_filter" => x.uniform_filter(self.list::<usize>(0), f),
            "minimum_filter1d" => x.minimum_filter1d(self.number(0), self.number(1), f),
            "maximum_filter1d" => x.maximum_filter1d(self.number(0), self.number(1), f),
            "minimum_filter" => x.minimum_filter(self.window(), f),
            "maximum_filter" => x.maximum_filter(self.window(), f),
            "median_filter" => x.median_filter(self.window(), f),
            "rank_filter" => x.rank_filter(self.number(1), self.window(), f),
            "percentile_filter" => x.percentile_filter(self.number(1), self.window(), f),
            "gaussian_filter1d" => x.gaussian_filter1d(self.gaussian(3), self.number(2), f),
            "gaussian_filter" => x.gaussian_filter(self.gaussian(2), f),
            "gaussian_laplace" => x.gaussian_laplace(self.number::<f64>(0), f),
            "gaussian_gradient_magnitude" => x.gaussian_gradient_magnitude(self.number::<f64>(0), f),
            "laplace" => x.laplace(f),
            "sobel" => x.sobel(self.number(0), f),
            "prewitt" => x.prewitt(self.number(0), f),
            "binary_erosion" => x.binary_erosion(&self.morphology(chunks)),
            "binary_dilation" => x.binary_dilation(&self.morphology(chunks)),
            "binary_opening" => x.binary_opening(&self.morphology(chunks)),
            "binary_closing" => x.binary_closing(&self.morphology(chunks)),
            "np_convolve" | "np_correlate" => self.shifts(x),
            "windows" => self.windows(x),
            "label" => Ok(x.label(Some(&self.arrays[1].to_ndarray::<bool>().unwrap()))?.0),
            other => panic!("unknown call {other}"),
        }
    }

    fn windows(&self, x: &DynArray) -> Result<DynArray> {
        let w = x.sliding_window_view(self.list::<usize>(1), Some(&self.list::<isize>(2)))?;
        let ddof = self.number(3);
        match self.params[0] {
            "sum" => w.sum(),
            "mean" => w.mean(),
            "min" => w.min(),
            "max" => w.max(),
            "any" => w.any(),
            "all" => w.all(),
            "var" => w.var(ddof),
            "std" => w.std(ddof),
            _ => w.array(),
        }
    }

    fn shifts(&self, x: &DynArray) -> Result<DynArray> {
        let mode = match self.params[0] {
            "full" => Overlapping::Full,
            "same" => Overlapping::Same,
            _ => Overlapping::Valid,
        };
        let v = &self.arrays[1];
        for_dtype!(v.dtype(), T => {
            let v = v.as_slice::<T>()?;
            if self.name == "np_convolve" { convolve(x, v, mode) } else { correlate(x, v, mode) }
        })
    }
}

fn mode(name: &str, value: f64) -> Boundary {
    match name {
        "reflect" => Boundary::Reflect,
        "constant" => Boundary::Constant(Scalar::F64(value)),
        "nearest" => Boundary::Nearest,
        "mirror" => Boundary::Mirror,
        "wrap" => Boundary::Periodic,
        other => panic!("unknown mode {other}"),
    }
}

/// What is wrong with a result.
fn differs(got: &Tensor, want: &Tensor) -> Option<String> {
    if (got.shape(), got.dtype()) != (want.shape(), want.dtype()) {
        return Some(format!("{} {:?}", got.dtype(), got.shape()));
    }
    let tolerance = if want.dtype() == DType::F32 { 2e-6 } else { 1e-11 };
    let float = want.dtype().is_float();
    let same =
        |(a, b): (&Scalar, &Scalar)| if float { near(a.as_f64(), b.as_f64(), tolerance, 100.0) } else { a.as_f64() == b.as_f64() };
    let got = scalars(got);
    (!got.iter().zip(&scalars(want)).all(same)).then(|| format!("{got:?}"))
}

#[test]
fn scipy_agrees_in_every_cut() {
    let session = Session::new(config(2, u64::MAX));
    let mut seen = std::collections::BTreeMap::new();
    let mut wrong = Vec::new();
    // Many cases in one run, which takes the time of a run and not that of its cases.
    let lines: Vec<&str> = include_str!("../data/filters/scipy.txt").lines().collect();
    for (batch, lines) in lines.chunks(100).enumerate() {
        let mut cases = Vec::new();
        for line in lines {
            let case = Case::of(line);
            *seen.entry(case.name).or_insert(0) += 1;
            for chunks in [1, 3, 1000] {
                let got = case.run(&Chunks::Uniform(chunks)).unwrap_or_else(|e| panic!("{e}: {line}"));
                cases.push((got, case.want.clone(), format!("{line} in chunks of {chunks}")));
                if case.name == "label" {
                    let x = from_tensor(case.arrays[0].clone(), chunks).unwrap();
                    let count = x.label(Some(&case.arrays[1].to_ndarray().unwrap())).unwrap().1;
                    cases.push((
                        count,
                        Tensor::from_vec(&[], vec![case.number::<i64>(0)]).unwrap(),
                        format!("count of {line} in {chunks}"),
                    ));
                }
            }
        }
        let exprs: Vec<_> = cases.iter().map(|c| c.0.expr().clone()).collect();
        let results = session.compute_all(&exprs).unwrap();
        for (got, (x, want, what)) in results.iter().zip(&cases) {
            assert_eq!((got.dtype(), got.shape().to_vec()), (x.dtype(), x.shape()), "{what}: not as declared");
            wrong.extend(differs(got, want).map(|d| format!("{what}: {d}")));
        }
        let (x, _, what) = &cases[batch * 7 % cases.len()];
        let _ = same_everywhere(x.expr(), what);
    }
    wrong.dedup_by_key(|w| w[..w.len().min(20)].to_string());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(30)].join("\n"));
    assert_eq!(seen.len(), 28, "{seen:?}");
    assert!(seen.values().all(|&n| n > 20), "{seen:?}");
}

/// All kinds of filters, some with windows longer than the array.
fn filters(x: &DynArray, noise: &mut Noise) -> Result<Vec<DynArray>> {
    let modes = [Boundary::Reflect, Boundary::Mirror, Boundary::Nearest, Boundary::Periodic, Boundary::Constant(Scalar::I64(1))];
    let f = Filter::default().mode(noise.one_of(&modes));
    let n = x.ndim();
    let size = |noise: &mut Noise, most: usize| (0..n).map(|_| 1 + noise.below(most)).collect::<Vec<usize>>();
    let footprint = |noise: &mut Noise| {
        let shape: Vec<usize> = (0..n).map(|_| 1 + noise.below(4)).collect();
        let mut f = ArrayD::from_shape_fn(shape, |_| noise.below(2) == 0);
        f.iter_mut().take(1).for_each(|p| *p = true);
        f
    };
    let mut v = vec![
        x.uniform_filter(size(noise, 6), &f)?,
        x.uniform_filter(size(noise, 24), &f)?,
        x.maximum_filter(&size(noise, 24)[..], &f)?,
        x.minimum_filter(footprint(noise), &f)?,
        x.median_filter(&size(noise, 4)[..], &f)?,
        x.rank_filter(0, footprint(noise), &f)?,
        x.gaussian_filter(noise.one_of(&[0.6, 1.7]), &f.clone().output(DType::F32))?,
        x.correlate(&footprint(noise).mapv(|p| if p { 0.7 } else { 0.0 }), &f)?,
        x.binary_erosion(&Morphology::default().structure(footprint(noise)).border_value(true))?,
        x.binary_closing(&Morphology::default())?,
        x.laplace(&f)?,
        x.label(None)?.0,
        x.label(Some(&ArrayD::from_elem(vec![3; n], true)))?.0,
    ];
    let inside: Vec<usize> = x.shape().iter().map(|&n| 1 + noise.below(n.max(1))).collect();
    if !x.shape().contains(&0) {
        let w = x.sliding_window_view(inside, None)?;
        v.extend([w.sum()?, w.mean()?, w.min()?, w.std(0.0)?, w.array()?]);
    }
    if n > 0 {
        let axis = noise.below(n) as isize;
        v.push(x.sobel(axis, &f)?);
        v.push(x.gaussian_filter1d(Gaussian::new(1.2).order(2), axis, &f)?);
        v.push(x.minimum_filter1d(1 + noise.below(20), axis, &f)?);
    }
    Ok(v)
}

#[test]
fn any_cut_gives_the_bits_of_one_chunk() {
    for seed in 0..60 {
        let mut noise = Noise(7000 + seed);
        let real: Vec<DType> = DType::ALL.into_iter().filter(|d| !d.is_complex()).collect();
        let dtype = noise.one_of(&real);
        let s = shape(&mut noise, 400);
        let t = tensor(&mut noise, dtype, &s, (0.0, 9.0), &specials(dtype));
        let chunks = cut(&mut noise, &s);
        let again = noise.bits();
        let whole = filters(&from_tensor(t.clone(), Chunks::Whole).unwrap(), &mut Noise(again)).unwrap();
        let cut = filters(&from_tensor(t, chunks).unwrap(), &mut Noise(again)).unwrap();
        let exprs: Vec<_> = whole.iter().chain(&cut).map(|a| a.expr().clone()).collect();
        let results = oracle().compute_all(&exprs).unwrap();
        for (i, (want, got)) in results.iter().zip(&results[whole.len()..]).enumerate() {
            assert_eq!((got.shape(), bits(got)), (want.shape(), bits(want)), "seed {seed}, {dtype} {s:?}, filter {i}");
        }
        let _ = same_everywhere(cut[seed as usize % cut.len()].expr(), &format!("seed {seed}"));
    }
}

/// Where element `i` beyond an axis of `n` lies.
fn source(i: isize, n: isize, boundary: Boundary) -> Option<isize> {
    let mirror = |period: isize, last: isize| {
        let p = i.rem_euclid(period.max(1));
        if p < n { p } else { last - p }
    };
    match boundary {
        Boundary::Nearest => Some(i.clamp(0, n - 1)),
        Boundary::Periodic => Some(i.rem_euclid(n)),
        Boundary::Reflect => Some(mirror(2 * n, 2 * n - 1)),
        Boundary::Mirror if n == 1 => Some(0),
        Boundary::Mirror => Some(mirror(2 * n - 2, 2 * n - 2)),
        _ => (0..n).contains(&i).then_some(i),
    }
}

/// Every block sees its neighbours' neighbours, and the continuation of the array as often as it takes.
#[test]
fn halos_of_any_depth() {
    let kinds = [
        Boundary::None,
        Boundary::Constant(Scalar::I64(-1)),
        Boundary::Nearest,
        Boundary::Reflect,
        Boundary::Mirror,
        Boundary::Periodic,
    ];
    for seed in 0..300 {
        let mut noise = Noise(9000 + seed);
        let ndim = 1 + noise.below(3);
        let s: Vec<usize> = (0..ndim).map(|_| 1 + noise.below(7)).collect();
        let n: usize = s.iter().product();
        let t = Tensor::from_vec(&s, (0..n as i64).collect()).unwrap();
        let x = from_tensor(t.clone(), cut(&mut noise, &s)).unwrap();
        let depth: Vec<(usize, usize)> = s.iter().map(|_| (noise.below(12), noise.below(12))).collect();
        let borders: Vec<Boundary> = s.iter().map(|_| noise.one_of(&kinds)).collect();
        let (d, b, whole) = (depth.clone(), borders.clone(), t.to_ndarray::<i64>().unwrap());
        let check = move |block: &tilework::expr::call::BlockInfo, seen: &Tensor| {
            let seen = seen.to_ndarray::<i64>()?;
            let r = block.region.ranges();
            let first: Vec<isize> = (0..r.len())
                .map(|a| if b[a] == Boundary::None { -(d[a].0.min(r[a].start) as isize) } else { -(d[a].0 as isize) })
                .collect();
            for (at, &v) in seen.indexed_iter() {
                let place: Option<Vec<usize>> = (0..r.len())
                    .map(|a| {
                        source(r[a].start as isize + first[a] + at[a] as isize, whole.shape()[a] as isize, b[a]).map(|i| i as usize)
                    })
                    .collect();
                let want = place.map_or(-1, |p| whole[&p[..]]);
                assert_eq!(v, want, "{b:?} {d:?} at {at:?} of {r:?} in {:?}", whole.shape());
            }
            Ok(Tensor::from_ndarray(seen))
        };
        let y = map_overlap("look", &x, &depth, borders, DType::I64, check).unwrap();
        assert_eq!(bits(&run(&oracle(), y.expr()).unwrap()), bits(&t), "seed {seed}");
    }
}

#[test]
fn arrays_overlap_together() {
    let x = arange(0, 24, 1, 5).unwrap().reshape(&[4, 6]).unwrap().rechunk([3, 2]).unwrap();
    let row = arange(100, 106, 1, 4).unwrap();
    let inputs = [
        (&x, Overlap::new(&[(1, 0), (0, 2)], [Boundary::Periodic, Boundary::Nearest])),
        (&row, Overlap::new(&[(2, 0)], Boundary::Constant(Scalar::I64(0)))),
    ];
    let y = map_overlaps("both", &inputs, DType::I64, true, |b, t| {
        assert_eq!(t[0].shape()[0], b.region.shape()[0] + 1);
        assert_eq!(t[1].shape(), [b.region.shape()[0], b.region.shape()[1] + 2]);
        let (x, row) = (t[0].to_ndarray::<i64>()?, t[1].to_ndarray::<i64>()?);
        let shape: Vec<usize> = b.region.shape().to_vec();
        Ok(Tensor::from_ndarray(ArrayD::from_shape_fn(shape, |i| x[[i[0], i[1]]] + row[[i[0], i[1]]])))
    });
    let y = y.unwrap().compute_as::<i64>().unwrap();
    let want = |i: usize, j: usize| {
        let before = (i + 3) % 4;
        (before * 6 + j) as i64 + if j < 2 { 0 } else { 98 + j as i64 }
    };
    assert_eq!(y, ArrayD::from_shape_fn(vec![4, 6], |i| want(i[0], i[1])));
    let kept = map_overlaps("kept", &inputs[..1], DType::I64, false, |_, t| Ok(t[0].clone())).unwrap();
    assert_eq!(kept.chunks(), [vec![4, 2], vec![4, 4, 4]]);
    let y = kept.compute_as::<i64>().unwrap();
    assert_eq!(y.iter().take(12).copied().collect::<Vec<_>>(), [18, 19, 20, 21, 20, 21, 22, 23, 22, 23, 23, 23]);
    let inputs = [(&x, Overlap::new(&[(0, 0); 2], Boundary::None)), (&row, Overlap::new(&[(0, 0); 2], Boundary::None))];
    refused(map_overlaps("bad", &inputs, DType::I64, true, |_, t| Ok(t[0].clone())), &["bad", "1 axes", "2"]);
    let one = from_ndarray(ndarray::array![1i64].into_dyn(), 1).unwrap();
    let inputs = [(&row, Overlap::new(&[(0, 0)], Boundary::None)), (&one, Overlap::new(&[(1, 0)], Boundary::Nearest))];
    refused(map_overlaps("bad", &inputs, DType::I64, true, |_, t| Ok(t[0].clone())), &["bad", "axis 0", "repeats"]);
}

/// Chunks shorter than their halo are put together, others stay.
#[test]
fn tiny_chunks_become_larger() {
    let x = arange(0.0, 1000.0, 1.0, 1).unwrap();
    let y = x.uniform_filter(101, &Filter::default()).unwrap();
    assert_eq!(y.n_chunks(), 10);
    assert_eq!(arange(0.0, 1000.0, 1.0, 100).unwrap().uniform_filter(101, &Filter::default()).unwrap().n_chunks(), 10);
    assert_eq!(arange(0, 100, 1, 3).unwrap().sobel(0, &Filter::default()).unwrap().chunks()[0].len(), 34);
}

#[test]
fn filters_cross_the_wire() {
    let x = arange(0, 60, 1, 7).unwrap().reshape(&[6, 10]).unwrap().astype(DType::F32).unwrap();
    let f = Filter::default().mode([Boundary::Mirror, Boundary::Constant(Scalar::F64(2.5))]);
    for a in filters(&x, &mut Noise(3)).unwrap().into_iter().chain([x.uniform_filter([3, 9], &f).unwrap()]) {
        let bytes = encode(&[a.expr().clone()]).unwrap();
        let back = decode(&bytes, &Registry::builtin()).unwrap();
        assert_eq!(back[0].key(), a.expr().key());
        assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&run(&oracle(), a.expr()).unwrap()));
    }
}

#[test]
fn misuse_is_told_at_the_call() {
    let x = arange(0, 24, 1, 5).unwrap().reshape(&[4, 6]).unwrap();
    let f = Filter::default;
    refused(x.astype(DType::C64).unwrap().median_filter(3, &f()), &["median_filter", "complex64", "real"]);
    refused(x.uniform_filter(0, &f()), &["uniform_filter", "axis 0", "at least 1"]);
    refused(x.uniform_filter([1, 2, 3], &f()), &["uniform_filter", "3", "size", "2"]);
    refused(x.uniform_filter(3, &f().origin(2)), &["uniform_filter", "origin 2", "-1", "1"]);
    refused(x.uniform_filter(3, &f().mode(Boundary::None)), &["uniform_filter", "None"]);
    refused(x.uniform_filter(3, &f().mode(Boundary::Constant(Scalar::F64(0.5)))), &["uniform_filter", "0.5", "int64", "astype"]);
    refused(
        x.uniform_filter(3, &f().mode([Boundary::Constant(Scalar::I64(1)), Boundary::Constant(Scalar::I64(2))])),
        &["uniform_filter"],
    );
    refused(x.uniform_filter(3, &f().mode([Boundary::Nearest; 3])), &["uniform_filter", "3 boundaries", "2 axes"]);
    refused(x.uniform_filter(3, &f().axes(&[0, 0])), &["uniform_filter", "twice"]);
    refused(x.correlate1d(&[], 0, &f()), &["correlate1d", "at least 1"]);
    refused(x.correlate1d(&[1.0], 2, &f()), &["correlate1d", "axis 2"]);
    refused(x.correlate(&ndarray::array![1.0].into_dyn(), &f()), &["correlate", "1 dimensions", "2 axes"]);
    refused(x.gaussian_filter(f64::NAN, &f()), &["gaussian_filter", "NaN"]);
    refused(x.gaussian_filter1d(1e300, 0, &f()), &["gaussian_filter1d", "finite"]);
    refused(x.sobel(-3, &f()), &["sobel", "axis -3"]);
    refused(x.median_filter(ndarray::array![[false]].into_dyn(), &f()), &["median_filter", "places"]);
    refused(x.rank_filter(9, 3, &f()), &["rank_filter", "9"]);
    refused(x.percentile_filter(101.0, 3, &f()), &["percentile_filter", "101"]);
    refused(x.median_filter(1 << 20, &f()), &["median_filter", "2^24"]);
    refused(x.binary_erosion(&Morphology::default().iterations(0)), &["binary_erosion", "iterations"]);
    refused(
        x.binary_dilation(&Morphology::default().structure(ndarray::array![true].into_dyn())),
        &["binary_dilation", "dimensions"],
    );
    refused(x.sliding_window_view(5, None), &["sliding_window_view", "5", "axis 0", "4"]);
    refused(x.sliding_window_view(0, Some(&[1])), &["sliding_window_view", "axis 1"]);
    refused(x.label(Some(&ArrayD::from_elem(vec![3], true))), &["label", "[3]", "2 dimensions"]);
    refused(x.label(Some(&ndarray::arr2(&[[true, false, false], [false; 3], [false; 3]]).into_dyn())), &["label", "opposite"]);
    refused(convolve(&x, &[1.0], Overlapping::Full), &["convolve", "2 dimensions"]);
    refused(correlate(&arange(0, 3, 1, 2).unwrap(), &[f64::NAN], Overlapping::Full), &["correlate", "finite"]);
}

/// Components that wind through many chunks, and as many as there can be.
#[test]
fn labels_of_spirals_and_checkers() {
    let n = 41;
    let spiral = ArrayD::from_shape_fn(vec![n, n], |i| {
        let ring = i[0].min(i[1]).min(n - 1 - i[0]).min(n - 1 - i[1]);
        // Rings that are joined by a step inwards.
        (ring % 2 == 0 || (i[0] == ring && i[1] == ring + 1)) as u8
    });
    let checkers = ArrayD::from_shape_fn(vec![n, n], |i| ((i[0] + i[1]) % 2 == 0) as u8);
    for chunks in [1, 2, 5, 16, 41] {
        let x = from_ndarray(spiral.clone(), chunks).unwrap();
        assert_eq!(x.label(None).unwrap().1.compute_as::<i64>().unwrap(), ArrayD::from_elem(ndarray::IxDyn(&[]), 1i64));
        let (labels, count) = from_ndarray(checkers.clone(), chunks).unwrap().label(None).unwrap();
        let many = (n * n).div_ceil(2) as i64;
        assert_eq!(count.compute_as::<i64>().unwrap(), ArrayD::from_elem(ndarray::IxDyn(&[]), many));
        let labels: Vec<i32> = labels.compute_as::<i32>().unwrap().iter().copied().filter(|&l| l > 0).collect();
        assert!(labels.iter().copied().eq(1..=many as i32));
        let all = ArrayD::from_elem(vec![3, 3], true);
        let (_, count) = from_ndarray(checkers.clone(), chunks).unwrap().label(Some(&all)).unwrap();
        assert_eq!(count.compute_as::<i64>().unwrap(), ArrayD::from_elem(ndarray::IxDyn(&[]), 1i64));
    }
}

/// A window's sum needs no memory for its window: the plan of a long one is no larger than that of a short one.
#[test]
fn windows_are_not_written_out() {
    let x = arange(0.0, 1e6, 1.0, 50_000).unwrap();
    let least = |n: usize| {
        let mean = x.sliding_window_view(n, None).unwrap().mean().unwrap();
        super::material::least_budget(mean.expr(), &config(1, u64::MAX))
    };
    assert!(least(1000) < least(10) + 3_000_000, "{} and {}", least(1000), least(10));
}
