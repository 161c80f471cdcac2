//! Histograms of points, look-ups in lazy lists, curves, splits and products: NumPy's results in every cut, the same bits in any.

use super::material::{Noise, bits, config, cut, oracle, refused, run, same_everywhere, shape, specials, tensor};
use super::statistics::{Params, Reference, edges, numbers};
use tilework::array::{
    Bins, DynArray, Interp, arange, array_equal, array_equiv, create::from_tensor, fromfunction, full, geomspace, histogram2d,
    histogramdd, lexsort, linalg, logspace, masked::Masked, polyval, searchsorted, unify_chunks,
};
use tilework::expr::Chunks;
use tilework::format::registry::Registry;
use tilework::plan::codec::{decode, encode};
use tilework::{C128, DType, ErrorKind, Result};

/// The bins of one axis: `number:low:high`, or `e:` and edges.
enum Spec {
    Even(usize, f64, f64),
    Edges(Vec<f64>),
}

impl Spec {
    fn parse(text: &str) -> Spec {
        let v: Vec<&str> = text.split(':').collect();
        match v[0] {
            "e" => Spec::Edges(v[1..].iter().map(|w| w.parse().unwrap()).collect()),
            n => Spec::Even(n.parse().unwrap(), v[1].parse().unwrap(), v[2].parse().unwrap()),
        }
    }

    fn bins(&self) -> Bins<'_> {
        match self {
            Spec::Even(n, low, high) => Bins::Even(*n, *low, *high),
            Spec::Edges(e) => Bins::Edges(e),
        }
    }
}

fn interp(p: &Params, x: &DynArray) -> Result<DynArray> {
    let how = Interp { left: p.float(2), right: p.float(3), period: p.float(4) };
    x.interp(&numbers::<f64>(p.0[0]), &numbers::<f64>(p.0[1]), how)
}

fn points(name: &str, p: &Params, a: &[DynArray]) -> Result<Vec<DynArray>> {
    let (last, specs) = p.0.split_last().unwrap();
    let specs: Vec<Spec> = specs.iter().map(|s| Spec::parse(s)).collect();
    let bins: Vec<Bins> = specs.iter().map(Spec::bins).collect();
    let density = *last == "1";
    let (counts, all) = match name {
        "histogramdd" => a[0].histogramdd(&bins, None, density)?,
        _ => {
            let (counts, x, y) = histogram2d(&a[0], &a[1], &bins, a.get(2), density)?;
            (counts, vec![x, y])
        }
    };
    Ok([counts].into_iter().chain(all.into_iter().map(edges)).collect())
}

fn call(name: &str, p: &Params, a: &[DynArray]) -> Result<Vec<DynArray>> {
    let all: Vec<&DynArray> = a.iter().collect();
    let one = match name {
        "histogram2d" | "histogramdd" => return points(name, p, a),
        "histogram_bin_edges" => a[0].histogram_bin_edges(p.int(0) as usize)?,
        "isin" => a[0].isin(&a[1])?,
        "searchsorted" => searchsorted(&a[0], &a[1], p.on(0))?,
        "digitize" => a[0].digitize(&a[1], p.on(0))?,
        "lexsort" => lexsort(&all, p.int(0))?,
        "array_equal" => array_equal(&a[0], &a[1], p.on(0))?,
        "array_equiv" => array_equiv(&a[0], &a[1])?,
        "fill_diagonal" => a[0].fill_diagonal(&a[1], p.on(0))?,
        "diagflat" => a[0].diagflat(p.int(0) as i64)?,
        "frexp" => return a[0].frexp().map(|(m, e)| vec![m, e]),
        "i0" => a[0].i0()?,
        "logspace" => logspace(p.float(0).unwrap(), p.float(1).unwrap(), p.int(2) as usize, p.float(3).unwrap(), 3)?,
        "geomspace" => geomspace(p.float(0).unwrap(), p.float(1).unwrap(), p.int(2) as usize, 3)?,
        "likes" => return Ok(vec![a[0].full_like(1, None)?, a[0].zeros_like(None)?, a[0].ones_like(Some(DType::F32))?]),
        "vander" => a[0].vander(p.float(0).map(|n| n as usize), p.on(1))?,
        "polyval" => polyval(&numbers::<f64>(p.0[0]), &a[0])?,
        "polyval_int" => polyval(&numbers::<i64>(p.0[0]), &a[0])?,
        "interp" => interp(p, &a[0])?,
        "trapezoid" => a[0].trapezoid(a.get(1), p.float(0).unwrap(), p.int(1))?,
        "unwrap" => match p.0[2].parse::<i64>() {
            Ok(period) => a[0].unwrap(p.float(0), p.int(1), period)?,
            Err(_) => a[0].unwrap(p.float(0), p.int(1), p.float(2).unwrap())?,
        },
        "split" => return a[0].split(p.int(0) as usize, p.int(1)),
        "array_split" => return a[0].array_split(p.int(0) as usize, p.int(1)),
        "split_at" => return a[0].split(numbers::<isize>(p.0[0]), p.int(1)),
        "hsplit" => return a[0].hsplit(p.int(0) as usize),
        "vsplit" => return a[0].vsplit(p.int(0) as usize),
        "dsplit" => return a[0].dsplit(p.int(0) as usize),
        "unstack" => return a[0].unstack(p.int(0)),
        "vdot" => linalg::vdot(&a[0], &a[1])?,
        "matvec" => linalg::matvec(&a[0], &a[1])?,
        "vecmat" => linalg::vecmat(&a[0], &a[1])?,
        "multi_dot" => linalg::multi_dot(&all)?,
        other => panic!("unknown call {other}"),
    };
    Ok(vec![one])
}

#[test]
fn numpy_agrees_in_every_cut() {
    let text = include_str!("../data/functions/numpy.txt");
    let seen = Reference { text, batch: 60, cuts: &[1, 3, 1000], edges: |_, _| false }.agrees(call);
    assert_eq!(seen.len(), 33, "{seen:?}");
}

/// What is exact in every cut has the bits of one chunk, over all shapes and dtypes.
#[test]
fn any_cut_gives_the_bits_of_one_chunk() {
    for seed in 0..40 {
        let mut noise = Noise(7100 + seed);
        let dtype = noise.one_of(&DType::ALL[..11]);
        let s = shape(&mut noise, 200);
        let t = tensor(&mut noise, dtype, &s, (-9.0, 9.0), &specials(dtype));
        let axis = noise.below(s.len().max(1)) as isize;
        let (list, list_cut) = (tensor(&mut noise, dtype, &[17], (-9.0, 9.0), &specials(dtype)), 1 + noise.below(9));
        let make = |x: &DynArray, list: &DynArray| -> Result<Vec<DynArray>> {
            let sorted = list.sort(Some(0))?;
            let flat = x.ravel()?;
            let (counts, _) =
                histogramdd(&[&flat, &flat.negative().or_else(|_| flat.logical_not())?], &[Bins::Even(4, -9.0, 9.0)], None, false)?;
            let mut v = vec![x.isin(list)?, searchsorted(&sorted, x, true)?, x.digitize(&sorted.flip(None)?, false)?, counts];
            v.push(array_equal(x, &x.add(0)?, true)?);
            v.push(x.interp(&[-3.0, 0.0, 4.0], &[1.0, -1.0, 9.0], Interp::default())?);
            v.extend([x.frexp()?.0, x.frexp()?.1, polyval(&[1.0, -2.0, 0.5], x)?, x.full_like(1, None)?]);
            if !s.is_empty() {
                v.push(lexsort(&[x, &x.isin(list)?], axis)?);
                v.extend(x.array_split(3, axis)?);
                v.extend(x.unstack(axis)?.into_iter().take(2));
            }
            if s.len() == 2 {
                v.extend([x.fill_diagonal(1, true)?, x.fill_diagonal(list, true)?]);
            }
            if s.len() == 1 {
                v.push(x.vander(Some(3), true)?);
            }
            Ok(v)
        };
        let whole =
            make(&from_tensor(t.clone(), Chunks::Whole).unwrap(), &from_tensor(list.clone(), Chunks::Whole).unwrap()).unwrap();
        let cut = make(&from_tensor(t, cut(&mut noise, &s)).unwrap(), &from_tensor(list, list_cut).unwrap()).unwrap();
        let exprs: Vec<_> = whole.iter().chain(&cut).map(|a| a.expr().clone()).collect();
        let results = oracle().compute_all(&exprs).unwrap();
        for (i, (want, got)) in results.iter().zip(&results[whole.len()..]).enumerate() {
            assert_eq!((got.shape(), bits(got)), (want.shape(), bits(want)), "seed {seed}, {dtype} {s:?}, result {i}");
        }
        let _ = same_everywhere(cut[seed as usize % cut.len()].expr(), &format!("seed {seed}"));
    }
}

/// Lists of several pieces: longer than a chunk of 4 MiB.
#[test]
fn long_lazy_lists_meet_chunks_piece_by_piece() {
    let n = 1_200_000i64;
    let list = arange(0, n, 1, 100_000).unwrap().multiply(3).unwrap();
    let x = arange(0, 50, 1, 7).unwrap().multiply(70_001).unwrap();
    let (found, places) = (x.isin(&list).unwrap(), searchsorted(&list, &x, false).unwrap());
    let falling = x.digitize(&list.flip(None).unwrap(), false).unwrap();
    assert_eq!(found.chunks(), x.chunks());
    let value = |i: i64| 70_001 * i;
    let want: Vec<bool> = (0..50).map(|i| value(i) % 3 == 0 && value(i) < 3 * n).collect();
    assert_eq!(found.compute_as::<bool>().unwrap().into_raw_vec_and_offset().0, want);
    let before = |v: i64| ((v + 2) / 3).min(n);
    assert_eq!(
        places.compute_as::<i64>().unwrap().into_raw_vec_and_offset().0,
        (0..50).map(|i| before(value(i))).collect::<Vec<_>>()
    );
    let above: Vec<i64> = (0..50).map(|i| n - before(value(i) + 1)).collect();
    assert_eq!(falling.compute_as::<i64>().unwrap().into_raw_vec_and_offset().0, above);
    let bytes: Vec<u64> = [1, 20]
        .map(|k| {
            let list = arange(0, k * 600_000, 1, 600_000).unwrap();
            tilework::plan::lower(&[x.isin(&list).unwrap().expr().clone()], &config(1, u64::MAX)).unwrap().graph.min_budget(true).0
        })
        .to_vec();
    assert!(bytes[1] < 2 * bytes[0] + (1 << 20), "a list of 20 pieces needs {bytes:?} bytes");
    refused(
        arange(0, 4, 1, 2).unwrap().digitize(&x.ravel().unwrap().reshape(&[5, 10]).unwrap(), false),
        &["digitize", "2 dimensions"],
    );
    let e = searchsorted(&x.negative().unwrap(), &x, false).unwrap().compute().unwrap_err();
    assert!(e.kind() == ErrorKind::Usage && e.to_string().contains("must rise"), "{e}");
}

#[test]
fn histograms_of_points_hold_a_chunk_and_the_bins() {
    let need = |n: usize| {
        let x = arange(0.0, n as f64, 1.0, 50_000).unwrap();
        let (counts, _) = histogramdd(&[&x, &x.sqrt().unwrap()], &[Bins::Even(50, 0.0, 1e6)], None, false).unwrap();
        assert_eq!(counts.chunks(), [[50], [50]]);
        let plan = tilework::plan::lower(&[counts.expr().clone()], &config(1, u64::MAX)).unwrap();
        plan.fixed_bytes + plan.graph.min_budget(true).0
    };
    assert!(need(5_000_000) < 2 * need(100_000));
}

#[test]
fn new_block_functions_cross_the_wire() {
    let x = arange(0.0, 50.0, 1.0, 7).unwrap();
    let list = arange(3, 40, 9, 2).unwrap();
    let made = [
        searchsorted(&list, &x, false).unwrap(),
        x.isin(&list).unwrap(),
        x.digitize(&list, true).unwrap(),
        histogramdd(&[&x, &x.sqrt().unwrap()], &[Bins::Even(4, 0.0, 40.0), Bins::Edges(&[0.0, 5.0])], Some(&x), true).unwrap().0,
        x.interp(&[0.0, 60.0], &[1.0, 2.0], Interp::default()).unwrap(),
        x.i0().unwrap(),
    ];
    for a in made {
        let bytes = encode(&[a.expr().clone()]).unwrap();
        let back = decode(&bytes, &Registry::builtin()).unwrap();
        assert_eq!(back[0].key(), a.expr().key());
        assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&run(&oracle(), a.expr()).unwrap()));
    }
}

#[test]
fn cuts_are_made_alike_and_kept() {
    let x = arange(0, 60, 1, 60).unwrap().reshape(&[3, 4, 5]).unwrap().rechunk([2, 3, 2]).unwrap();
    let y = x.reshape_blockwise(&[3, 20], None).unwrap();
    // Every chunk of the middle and the last axis is a run of its own.
    assert_eq!(y.chunks(), [vec![2, 1], vec![6, 6, 3, 2, 2, 1]]);
    let whole = x.compute_as::<i64>().unwrap();
    let first = whole.slice(ndarray::s![0, 0..3, 0..2]).iter().copied().collect::<Vec<_>>();
    assert_eq!(y.compute_as::<i64>().unwrap().slice(ndarray::s![0, ..6]).to_vec(), first);
    let back = y.reshape_blockwise(&[3, 4, 5], Some(Chunks::Exact(x.chunks()))).unwrap();
    assert_eq!((back.chunks(), back.compute_as::<i64>().unwrap()), (x.chunks(), whole.clone()));
    let flat = x.reshape_blockwise(&[60], None).unwrap();
    assert_eq!(flat.reshape_blockwise(&[3, 4, 5], Some(Chunks::Exact(x.chunks()))).unwrap().compute_as::<i64>().unwrap(), whole);
    let outer = Chunks::Exact([vec![vec![1]], x.chunks(), vec![vec![1]]].concat());
    assert_eq!(x.reshape_blockwise(&[1, 3, 4, 5, 1], Some(outer)).unwrap().shape(), [1, 3, 4, 5, 1]);
    refused(y.reshape_blockwise(&[3, 4, 5], None), &["reshape_blockwise", "axis 1", "chunks"]);
    refused(y.reshape_blockwise(&[3, 4, 5], Some([2, 2, 2].into())), &["reshape_blockwise", "[6, 6, 3, 2, 2, 1]"]);
    refused(y.reshape_blockwise(&[4, 15], None), &["reshape_blockwise", "merge"]);
    refused(y.reshape_blockwise(&[61], None), &["reshape_blockwise", "elements"]);
    let (a, b) = (arange(0, 6, 1, 4).unwrap().reshape(&[1, 6]).unwrap(), arange(0, 18, 1, 5).unwrap().reshape(&[3, 6]).unwrap());
    let both = unify_chunks(&[a.clone(), b]).unwrap();
    assert_eq!(both[0].chunks()[1], both[1].chunks()[1]);
    assert_eq!(both[0].shape(), [1, 6]);
    assert!(unify_chunks(&[]).unwrap().is_empty());
    assert_eq!(a.flatten().unwrap().shape(), [6]);
}

#[test]
fn functions_of_positions_and_complex_products() {
    let x = fromfunction(|i| i[0].multiply(i[0].clone())?.subtract(&i[1]), &[4, 3], 2).unwrap();
    assert_eq!(x.compute_as::<i64>().unwrap()[[3, 1]], 8);
    assert_eq!(fromfunction(|_| full(&[], 5, DType::I64, 1), &[], 1).unwrap().compute_as::<i64>().unwrap().len(), 1);
    let z = arange(0.0, 4.0, 1.0, 3).unwrap().multiply(C128::new(0.0, 1.0)).unwrap().add(1.0).unwrap();
    let one = |x: Result<DynArray>| x.unwrap().compute_as::<C128>().unwrap().into_raw_vec_and_offset().0;
    assert_eq!(one(linalg::vdot(&z, &z)), [C128::new(18.0, 0.0)]);
    let m = z.reshape(&[2, 2]).unwrap();
    let v = m.unstack(0).unwrap()[1].clone();
    // (1 + 2i, 1 + 3i), conjugated by vecmat alone.
    assert_eq!(one(linalg::vecmat(&v, &m)), [C128::new(8.0, -3.0), C128::new(13.0, -1.0)]);
    assert_eq!(one(linalg::matvec(&m, &v)), [C128::new(-1.0, 6.0), C128::new(-11.0, 10.0)]);
    assert!(array_equal(&z, &z, false).unwrap().compute_as::<bool>().unwrap().iter().all(|&e| e));
    assert!(z.isin(&z).unwrap().compute_as::<bool>().unwrap().iter().all(|&e| e));
}

#[test]
fn masked_positions_leave_out_what_is_missing() {
    let data = arange(0, 12, 1, 5).unwrap().remainder(3).unwrap().reshape(&[3, 4]).unwrap();
    let mask = arange(0, 12, 1, 4).unwrap().remainder(2).unwrap().equal(0).unwrap().reshape(&[3, 4]).unwrap();
    let at = Masked::new(&data, &mask).unwrap().nonzero().unwrap();
    let list = |x: &DynArray| x.compute_as::<i64>().unwrap().into_raw_vec_and_offset().0;
    // Odd numbers that are no multiples of 3: 1, 5, 7, 11.
    assert_eq!((list(&at[0]), list(&at[1])), (vec![0, 1, 1, 2], vec![1, 1, 3, 3]));
    for dtype in [DType::Bool, DType::F32, DType::U8] {
        let x = Masked::new(&data.astype(dtype).unwrap(), &mask).unwrap();
        assert_eq!(list(&x.nonzero().unwrap()[1]), [1, 1, 3, 3]);
    }
}

#[test]
fn misuse_is_told_at_the_call() {
    let x = arange(0, 6, 1, 4).unwrap();
    let two = x.reshape(&[2, 3]).unwrap();
    let z = x.astype(DType::C128).unwrap();
    let h = |s: &[&DynArray], b: &[Bins]| histogramdd(s, b, None, false).map(|h| h.0);
    refused(h(&[], &[Bins::Even(1, 0.0, 1.0)]), &["histogramdd", "no coordinates"]);
    refused(h(&[&x, &two], &[Bins::Even(1, 0.0, 1.0)]), &["histogramdd", "coordinate 1", "[2, 3]"]);
    refused(h(&[&x, &x], &[Bins::Even(1, 0.0, 1.0); 3]), &["histogramdd", "3 axes", "2 coordinates"]);
    refused(h(&[&x, &x], &[Bins::Even(1, 0.0, 1.0), Bins::Edges(&[1.0, 0.0])]), &["histogramdd", "axis 1", "rising"]);
    refused(h(&[&x; 4], &[Bins::Even(1 << 16, 0.0, 1.0)]), &["histogramdd", "counted"]);
    refused(h(&[&z], &[Bins::Even(1, 0.0, 1.0)]), &["histogramdd", "complex128"]);
    refused(x.histogramdd(&[Bins::Even(1, 0.0, 1.0)], None, false).map(|h| h.0), &["histogramdd", "1 dimensions"]);
    refused(histogram2d(&x, &x, &[Bins::Even(2, 0.0, 1.0)], Some(&two), false).map(|h| h.0), &["histogram2d", "weights", "[2, 3]"]);
    refused(x.histogram_bin_edges(0), &["histogram_bin_edges", "0 bins"]);
    let unknown = x.extract(&x.greater(2).unwrap()).unwrap();
    refused(x.isin(&unknown), &["isin", "resolve"]);
    refused(searchsorted(&two, &x, false), &["searchsorted", "2 dimensions"]);
    refused(lexsort(&[], 0), &["lexsort", "one key"]);
    refused(lexsort(&[&x, &two], 0), &["lexsort", "key 1", "[2, 3]"]);
    refused(lexsort(&[&x], 1), &["lexsort", "axis 1"]);
    refused(x.fill_diagonal(1, false), &["fill_diagonal", "[6]"]);
    refused(two.astype(DType::I8).unwrap().fill_diagonal(300, false), &["fill_diagonal", "300"]);
    refused(two.fill_diagonal(&arange(0, 0, 1, 1).unwrap(), false), &["fill_diagonal", "no values"]);
    refused(z.i0(), &["i0", "complex128"]);
    refused(z.frexp().map(|f| f.0), &["frexp", "complex128"]);
    refused(geomspace(0.0, 1.0, 3, 1), &["geomspace", "0"]);
    refused(two.vander(None, false), &["vander", "2 dimensions"]);
    refused(x.interp(&[0.0, 1.0], &[0.0], Interp::default()), &["interp", "2 points", "1 values"]);
    refused(x.interp(&[1.0, 0.0], &[0.0, 1.0], Interp::default()), &["interp", "rise"]);
    refused(x.interp(&[1.0, 0.0], &[0.0, 1.0], Interp { period: Some(0.0), ..Interp::default() }), &["interp", "period"]);
    refused(z.interp(&[0.0], &[0.0], Interp::default()), &["interp", "complex128"]);
    refused(x.trapezoid(None, 1.0, 1), &["trapezoid", "axis 1"]);
    refused(two.trapezoid(Some(&x), 1.0, 0), &["trapezoid", "[6]"]);
    refused(x.unwrap(None, 0, 0.0), &["unwrap", "period"]);
    refused(x.split(4, 0).map(|p| p[0].clone()), &["split", "6 elements", "array_split"]);
    refused(x.split(0, 0).map(|p| p[0].clone()), &["split", "0 parts"]);
    refused(x.vsplit(2).map(|p| p[0].clone()), &["vsplit", "needs 2"]);
    refused(two.unstack(2).map(|p| p[0].clone()), &["unstack", "axis 2"]);
    refused(linalg::vdot(&x, &arange(0, 3, 1, 3).unwrap()), &["vdot"]);
    refused(linalg::matvec(&x, &x), &["matvec", "[6]"]);
    refused(linalg::vecmat(&two, &x), &["vecmat", "[6]"]);
    refused(linalg::multi_dot(&[&two]), &["multi_dot", "1 arrays"]);
    refused(linalg::multi_dot(&[&two, &two]), &["multi_dot", "3 columns", "2 rows"]);
    refused(linalg::multi_dot(&[&two, &x, &two]), &["multi_dot", "array 1", "1 dimensions"]);
    refused(unknown.full_like(1, None), &["full_like", "resolve"]);
    refused(array_equal(&unknown, &x, false), &["array_equal", "resolve"]);
    refused(array_equiv(&x, &unknown), &["array_equiv", "resolve"]);
}
