//! The report of chunks and its warnings: exact numbers, told where there is something to mend, silent where there is not.

use super::material::config;
use std::sync::Arc;
use tilework::array::{DynArray, Index, linalg, map_blocks, random::Generator};
use tilework::base::{Grid, Region};
use tilework::chunk::Tensor;
use tilework::expr::{Chunks, Expr, Source, build};
use tilework::session::{ChunkReport, ChunkRow, WarningKind};
use tilework::{Config, DType, Error, Result, Session};

/// A file that is never read: blocks of any size, or none.
#[derive(Debug)]
struct File {
    name: &'static str,
    storage: Grid,
}

impl Source for File {
    fn name(&self) -> &'static str {
        "file"
    }
    fn params(&self) -> Result<Vec<u8>> {
        Ok(vec![])
    }
    fn key(&self) -> u128 {
        self.name.bytes().fold(7, |k, b| k * 257 + u128::from(b))
    }
    fn label(&self) -> String {
        self.name.into()
    }
    fn dtype(&self) -> DType {
        DType::F64
    }
    fn storage_grid(&self) -> Grid {
        self.storage.clone()
    }
    fn read(&self, _: &Region) -> Result<Tensor> {
        Err(Error::bug("read while planning"))
    }
    fn scratch_bytes(&self, _: &Region) -> u64 {
        0
    }
    fn stored_bytes(&self, region: &Region) -> u64 {
        let lens = region.ranges().iter().zip(self.storage.axes()).map(|(r, axis)| match self.storage.n_chunks() {
            1 => r.len(),
            _ => axis.chunks_over(r).map(|c| axis.range(c).len()).sum(),
        });
        8 * lens.map(|n| n as u64).product::<u64>()
    }
}

/// `name`, of which any part can be read, opened with `chunks`.
fn file(name: &'static str, shape: &[usize], chunks: impl Into<Chunks>) -> DynArray {
    stored(name, Grid::whole(shape), chunks)
}

fn stored(name: &'static str, storage: Grid, chunks: impl Into<Chunks>) -> DynArray {
    DynArray::from_expr(build::source(Arc::new(File { name, storage }), &chunks.into()).unwrap()).unwrap()
}

/// The same in chunks that nothing looks behind.
fn opaque(x: &DynArray) -> DynArray {
    map_blocks("opaque", &[x], x.dtype(), None, |_, b| Ok(b[0].clone())).unwrap()
}

fn exprs(roots: &[&DynArray]) -> Vec<Expr> {
    roots.iter().map(|x| x.expr().clone()).collect()
}

fn session() -> Session {
    Session::new(config(2, 1 << 40))
}

fn told(roots: &[&DynArray]) -> Vec<String> {
    session().warnings(&exprs(roots)).unwrap().iter().map(ToString::to_string).collect()
}

/// What holds for every report; arrays of tests are too small for warnings.
pub fn is_sound(report: &ChunkReport) {
    assert!(!report.rows.is_empty() && report.warnings.is_empty(), "{report}");
    assert_eq!(report.moved_bytes, report.rows.iter().map(|r| r.moved_bytes).sum::<u64>());
    assert!(report.spilled_bytes == report.rows.iter().map(|r| r.spilled_bytes).sum::<u64>(), "{report}");
    for (i, r) in report.rows.iter().enumerate() {
        assert!(r.inputs.iter().all(|&j| j < i), "{report}");
        let factors = [r.size_growth, r.count_growth];
        assert!(factors.iter().all(|f| f.is_some() == (!r.inputs.is_empty() && r.n_chunks > 0)), "{report}");
        assert!(factors.iter().flatten().all(|f| f.is_finite() && *f >= 0.0), "{report}");
        let bytes = r.dtype.map_or(0, |d| (r.shape.iter().product::<usize>() * d.size()) as u64);
        assert!(r.largest_bytes <= bytes && bytes <= r.largest_bytes * r.n_chunks as u64, "{report}");
    }
    assert_eq!(report.to_string().lines().count(), report.rows.len() + 2);
}

#[test]
fn a_report_has_a_row_for_every_node() {
    let x = file("x.npy", &[20_000, 20_000], [1000, 20_000]);
    let y = x.add(1.0).unwrap().rechunk([20_000, 500]).unwrap().astype(DType::F32).unwrap().sort(Some(0)).unwrap();
    let report = session().chunk_report(&exprs(&[&y])).unwrap();
    let row = |label: &str| -> &ChunkRow { report.rows.iter().find(|r| r.label == label).unwrap() };
    let kinds: Vec<_> = report.rows.iter().map(|r| r.kind).collect();
    assert_eq!(kinds, ["Source", "Blockwise", "Rechunk", "Blockwise", "Call"]);
    let (source, add, rechunk, sort) = (row("x.npy"), row("add"), row("rechunk"), &report.rows[4]);
    assert_eq!((source.n_chunks, source.largest_bytes, source.size_growth, source.count_growth), (20, 160_000_000, None, None));
    assert_eq!(
        (source.dtype, source.shape.as_slice(), source.chunks.as_deref()),
        (Some(DType::F64), &[20_000; 2][..], Some(&[1000, 20_000][..]))
    );
    assert_eq!((add.size_growth, add.count_growth, add.moved_bytes, add.inputs.as_slice()), (Some(1.0), Some(1.0), 0, &[0][..]));
    assert_eq!((rechunk.n_chunks, rechunk.size_growth, rechunk.count_growth), (40, Some(0.5), Some(2.0)));
    assert_eq!((rechunk.moved_bytes, report.moved_bytes), (3_200_000_000, 3_200_000_000));
    assert_eq!((report.rows[3].size_growth, sort.largest_bytes, sort.n_chunks), (Some(0.5), 40_000_000, 40));
    let page = report.to_string();
    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "node                                 dtype    shape           chunks         number        largest         moved  spilled",
            "#0   Source     x.npy                float64  [20000, 20000]  [1000, 20000]      20        153 MiB",
            "#1   Blockwise  add(#0)              float64  [20000, 20000]  [1000, 20000]      20        153 MiB",
            "#2   Rechunk    rechunk(#1)          float64  [20000, 20000]  [20000, 500]       40  x 2  76.3 MiB  / 2  3.0 GiB",
        ],
        "{page}"
    );
    assert!(lines[6].starts_with("moved between chunks: ") && lines[7].starts_with("warning: #2 'rechunk'"), "{page}");
}

#[test]
fn what_is_spilled_is_in_the_report() {
    let x = opaque(&Generator::new(3).random(&[512, 512], [8, 512]).unwrap()).rechunk([512, 8]).unwrap();
    let least = super::material::least_budget(x.expr(), &config(1, u64::MAX));
    let report = Session::new(config(1, least)).chunk_report(&exprs(&[&x])).unwrap();
    is_sound(&report);
    assert!(report.rows.iter().any(|r| r.kind == "Rechunk" && r.spilled_bytes > 0), "{report}");
    assert_eq!(session().chunk_report(&exprs(&[&x])).unwrap().spilled_bytes, 0);
}

#[test]
fn takes_shuffles_and_halos_move_bytes() {
    let x = opaque(&Generator::new(3).random(&[1000], 100).unwrap());
    let moved = |y: &DynArray| session().chunk_report(&exprs(&[y])).unwrap().moved_bytes;
    assert_eq!(moved(&x.index(&[Index::from(vec![999, 0, 500])]).unwrap()), 3 * 8);
    assert_eq!(moved(&x.index(&[Index::from(7..)]).unwrap()), 0);
    let wide = build::halo(x.expr(), &[(1, 2)], tilework::expr::node::Boundary::Nearest).unwrap();
    assert_eq!(moved(&DynArray::from_expr(wide).unwrap()), 9 * 3 * 8);
    assert_eq!(moved(&x.rechunk(200).unwrap()), 8000);
    // The one chunk that stays as it was is passed on.
    assert_eq!(moved(&x.rechunk(vec![vec![100, 900]]).unwrap()), 7200);
}

#[test]
fn a_source_cut_across_what_follows_is_told_with_its_cure() {
    let x = file("x.npy", &[20_000, 20_000], [1000, 20_000]);
    let y = x.subtract(&x.mean(Some(&[0])).unwrap()).unwrap().rechunk([20_000, 1000]).unwrap();
    let warnings = session().warnings(&exprs(&[&y])).unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let w = &warnings[0];
    assert_eq!((w.kind, w.label.as_str(), w.bytes), (WarningKind::AvoidableRechunk, "rechunk", 3_200_000_000));
    assert_eq!(w.chunks.as_deref(), Some(&[20_000, 1000][..]));
    assert_eq!(
        w.message,
        "3.0 GiB are moved that need not be: give 'x.npy' (#0) the chunks [20000, 1000] where it is opened or made"
    );
    // The cure cures.
    let x = file("x.npy", &[20_000, 20_000], [20_000, 1000]);
    let y = x.subtract(&x.mean(Some(&[0])).unwrap()).unwrap().rechunk([20_000, 1000]).unwrap();
    assert_eq!(told(&[&y]), [""; 0]);
    // An op that needs lanes whole brings its own rechunk.
    let x = file("x.npy", &[20_000, 20_000], [1000, 20_000]);
    let (sorted, sum) = (x.sort(Some(0)).unwrap(), x.sum(None).unwrap());
    let warnings = session().warnings(&exprs(&[&sorted, &sum])).unwrap();
    assert_eq!(warnings.iter().map(|w| w.chunks.clone()).collect::<Vec<_>>(), [Some(vec![20_000, 625])], "{warnings:?}");
    let x = file("x.npy", &[20_000, 20_000], [20_000, 625]);
    assert_eq!(told(&[&x.sort(Some(0)).unwrap(), &x.sum(None).unwrap()]), [""; 0]);
    // Of two cuts of one array, one can be that of the reads.
    let square = |chunks: Chunks| file("x.npy", &[8192, 8192], chunks);
    let product = |x: &DynArray| session().warnings(&exprs(&[&linalg::matmul(x, x).unwrap()])).unwrap();
    let warnings = product(&square(Chunks::Auto));
    assert_eq!(warnings.iter().map(|w| (w.node, w.bytes)).collect::<Vec<_>>(), [(1, 512 << 20)], "{warnings:?}");
    assert_eq!(product(&square(warnings[0].chunks.clone().unwrap().into())), []);
}

#[test]
fn two_sources_that_meet_are_told_together() {
    let [x, y] = ["x.npy", "y.npy"].map(|n| file(n, &[20_000, 5000], [500, 5000]));
    let z = x.multiply(&y).unwrap().cumsum(0).unwrap().rechunk([20_000, 125]).unwrap();
    let warnings = told(&[&z]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("'x.npy' (#0) the chunks [20000, 125] and 'y.npy' (#1) the chunks [20000, 125]"), "{warnings:?}");
}

#[test]
fn what_is_needed_is_not_told() {
    let shape = [20_000, 20_000];
    let x = file("x.npy", &shape, [1000, 20_000]);
    // Absorbed by the read.
    assert_eq!(told(&[&x.rechunk([20_000, 1000]).unwrap()]), [""; 0]);
    let plain = Session::new(Config { optimize: false, ..config(2, 1 << 40) });
    assert_eq!(plain.warnings(&exprs(&[&x.rechunk([20_000, 1000]).unwrap()])).unwrap().len(), 1);
    // Lanes along both axes: one of them must be moved.
    assert_eq!(told(&[&x.sort(Some(0)).unwrap(), &x.sort(Some(1)).unwrap()]), [""; 0]);
    // Blocks in storage that other chunks would read twenty times.
    let blocks = stored("x.zarr", Grid::regular(&shape, &[1000, 20_000]).unwrap(), Chunks::Sizes(vec![1000, 20_000]));
    assert_eq!(told(&[&blocks.add(1.0).unwrap().rechunk([20_000, 1000]).unwrap()]), [""; 0]);
    // Made by a function that must have its chunks.
    assert_eq!(told(&[&opaque(&x).add(1.0).unwrap().rechunk([20_000, 1000]).unwrap()]), [""; 0]);
    // Beside an array that is cut as this one was.
    let z = opaque(&file("y.npy", &shape, [1000, 20_000])).add(&x).unwrap();
    assert_eq!(told(&[&x.add(1.0).unwrap().rechunk([20_000, 1000]).unwrap(), &z]), [""; 0]);
    // 80 MB.
    let small = file("x.npy", &[1000, 10_000], [100, 10_000]);
    assert_eq!(told(&[&small.add(1.0).unwrap().rechunk([1000, 1000]).unwrap()]), [""; 0]);
}

#[test]
fn a_rechunk_that_is_cut_again_is_told() {
    let x = opaque(&file("x.npy", &[20_000, 20_000], [1000, 20_000]));
    let there = x.rechunk([20_000, 1000]).unwrap().sqrt().unwrap();
    assert_eq!(
        told(&[&there.rechunk([1000, 20_000]).unwrap()]),
        [
            "#2 'rechunk': 6.0 GiB are moved that need not be: only elementwise work lies before it is undone by the rechunk #4: leave out both"
        ]
    );
    let again = there.rechunk([2000, 2000]).unwrap();
    assert_eq!(
        told(&[&again]),
        [
            "#2 'rechunk': 3.0 GiB are moved that need not be: only elementwise work lies before it is followed by the rechunk #4: leave it out"
        ]
    );
    // Someone else has use for it.
    assert_eq!(told(&[&again, &there.sort(Some(0)).unwrap()]), [""; 0]);
    assert_eq!(told(&[&again, &there]), [""; 0]);
}

#[test]
fn chunks_of_a_bad_size_are_told_once() {
    let x = file("x.npy", &[100_000_000], 1000);
    let y = x.add(1.0).unwrap().cumsum(0).unwrap();
    assert_eq!(
        told(&[&y]),
        [
            "#0 'x.npy': float64 (100000000,) in 100000 chunks of (1000,): 100000 chunks of 7.8 KiB on average, which cost more to schedule \
             than to compute: open or make it with the chunks [523561], as Chunks::Auto does"
        ]
    );
    let y = opaque(&file("x.npy", &[100_000_000], Chunks::Auto)).rechunk(1000).unwrap().add(1.0).unwrap();
    let warnings = session().warnings(&exprs(&[&y])).unwrap();
    assert_eq!(warnings.iter().map(|w| (w.kind, w.node, w.bytes)).collect::<Vec<_>>(), [(WarningKind::SmallChunks, 2, 8000)]);
    assert!(warnings[0].message.ends_with("use the chunks [523561], as Chunks::Auto does"), "{warnings:?}");
    // Not much, but very many.
    assert_eq!(told(&[&file("x.npy", &[20_000], 1)]).len(), 1);
    assert_eq!(told(&[&file("x.npy", &[10_000], 1)]), [""; 0]);
    // A small budget needs small chunks.
    let tight = Session::new(config(2, 32 << 20));
    assert_eq!(tight.warnings(&exprs(&[&x])).unwrap(), []);

    let x = file("x.npy", &[20_000, 20_000], Chunks::Whole);
    let warnings = session().warnings(&exprs(&[&x.add(1.0).unwrap().sqrt().unwrap()])).unwrap();
    assert_eq!(
        warnings.iter().map(|w| (w.kind, w.node, w.bytes)).collect::<Vec<_>>(),
        [(WarningKind::LargeChunks, 0, 3_200_000_000)]
    );
    assert!(warnings[0].message.contains("its largest chunk has 3.0 GiB, and a task holds several of such: open or make it with"));
}

#[test]
fn plans_that_are_well_cut_have_no_warnings() {
    let x = Generator::new(1).normal(0.0, 1.0, &[1 << 17, 1 << 13], Chunks::Auto).unwrap();
    let f = file("x.npy", &[1 << 17, 1 << 13], Chunks::Auto);
    let tall = file("tall.npy", &[1 << 23, 64], Chunks::Auto);
    let square = file("square.npy", &[8192, 8192], Chunks::Auto);
    let (_, s, _) = linalg::svd(&tall).unwrap();
    for y in [
        x.subtract(&x.mean(None).unwrap()).unwrap().square().unwrap().mean(None).unwrap(),
        f.subtract(&f.mean(Some(&[0])).unwrap()).unwrap().std(Some(&[1])).unwrap(),
        f.greater(0.0).unwrap().any(Some(&[0])).unwrap(),
        f.greater(0.0).unwrap(),
        f.sum(Some(&[1])).unwrap(),
        f.index(&[Index::Slice(None, None, Some(1000))]).unwrap(),
        f.ravel().unwrap().sort(Some(0)).unwrap(),
        f.quantile(&[0.5], None, Default::default()).unwrap(),
        linalg::matmul(&square, &file("other.npy", &[8192, 8192], Chunks::Auto)).unwrap(),
        linalg::cholesky(&square, false).unwrap(),
        s,
    ] {
        let report = session().chunk_report(&exprs(&[&y])).unwrap();
        assert!(report.warnings.is_empty(), "{report}");
    }
}

#[test]
fn explain_ends_with_the_warnings() {
    let x = file("x.npy", &[100_000_000], 1000).sum(None).unwrap();
    let page = session().explain(&exprs(&[&x])).unwrap().to_string();
    assert!(page.lines().last().unwrap().starts_with("warning: #0 'x.npy': float64 (100000000,) in 100000 chunks"), "{page}");
    let x = file("x.npy", &[100_000_000], Chunks::Auto).sum(None).unwrap();
    assert!(!session().explain(&exprs(&[&x])).unwrap().to_string().contains("warning"));
}
