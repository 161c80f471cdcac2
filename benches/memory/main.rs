//! What is promised of memory, measured: every op of the tables, rechunks, selections and files, one chunk of 64 MiB each, each in
//! a process of its own.
//!
//! `cargo bench --bench memory [part of a name]` prints measured and projected peaks, and fails where a measured peak is above
//! the projection and the reserve, or a projection above 2.5 times what was measured.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tilework::array::random::Generator;
use tilework::array::{
    Bins, DynArray, Filter, Function, Index, apply_along_axis, apply_gufunc, concatenate, map_blocks, map_overlap, masked,
    open_npy, open_zarr,
};
use tilework::base::{AxisSlice, Config, DType, Scalar};
use tilework::expr::build::{self, Operand};
use tilework::expr::node::Boundary;
use tilework::expr::{Chunks, Expr};
use tilework::format::zarr::{Codec, ZarrOptions};
use tilework::kernel::element::DTypeRule;
use tilework::op::{element, reduction, scan};
use tilework::plan::project::RESERVE_BYTES;
use tilework::{Result, Session};

/// As the program itself: memory that is freed goes back to the system.
#[cfg(feature = "cli")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes of a chunk.
const CHUNK: usize = 64 << 20;
/// Rows of a chunk of float64, and elements of a row.
const SIDE: (usize, usize) = (2048, 4096);
/// Projections are compared with at least this much: below it the process's own noise decides.
const FLOOR: f64 = 16e6;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).filter(|a| a != "--bench");
    match (args.next().as_deref(), args.next()) {
        (Some("--case"), Some(name)) => {
            let m = measure(&name).unwrap_or_else(|e| panic!("{name}: {e}"));
            println!("{} {} {} {}", m.resident, m.own, m.projected, m.ms);
            ExitCode::SUCCESS
        }
        (Some("--write"), Some(name)) => {
            let folder = args.next().expect("a folder");
            write_input(&name, Path::new(&folder)).unwrap_or_else(|e| panic!("{name}: {e}"));
            ExitCode::SUCCESS
        }
        (filter, _) => all(filter.unwrap_or_default()),
    }
}

fn names() -> Vec<String> {
    let mut out: Vec<String> = element::ALL.iter().map(|op| format!("element {}", op.name)).collect();
    out.extend(reduction::ALL.iter().map(|op| format!("reduce {}", op.name)));
    out.extend(reduction::ALL.iter().map(|op| format!("reduce-rows {}", op.name)));
    out.extend(scan::ALL.iter().map(|op| format!("scan {}", op.name)));
    let others = [
        "random uniform",
        "random normal",
        "random integers",
        "random gamma",
        "random gamma-of-array",
        "random permutation",
        "random multinomial",
        "histogram",
        "masked mean",
        "gufunc",
        "lanes",
        "fused chain",
        "rechunk split",
        "rechunk cross",
        "transpose copy",
        "slice steps",
        "slice rows",
        "take rows",
        "take points",
        "put rows",
        "put points",
        "gather",
        "scatter",
        "masked",
        "places",
        "triangle",
        "concatenate",
        "stack",
        "halo",
        "overlap",
        "filter mean",
        "filter long mean",
        "filter median",
        "window std",
        "window view",
        "label",
        "blocks",
        "broadcast",
        "astype",
        "npy read",
        "npy read-fortran",
        "npy write",
        "zarr read",
        "zarr write",
        "zarr write-sharded",
        "zarr write-noise",
        "zarr write-noise-sharded",
        "zarr read-sharded",
        "zarr read-raw",
    ];
    out.extend(others.map(String::from));
    out.extend(LINALG.iter().map(|op| format!("linalg {op}")));
    if cfg!(feature = "raster") {
        out.extend(["geotiff read", "geotiff write", "geotiff write-cog"].map(String::from));
    }
    out
}

fn all(filter: &str) -> ExitCode {
    let own = std::env::current_exe().expect("this program has a path");
    let mib = |b: f64| b / f64::from(1 << 20);
    let mut failed = 0;
    println!("{:28} {:>10} {:>10} {:>7} {:>7}", "one chunk of 64 MiB", "measured", "projected", "ratio", "ms");
    for name in names().iter().filter(|n| n.contains(filter)) {
        let out = Command::new(&own).args(["--case", name]).output().expect("a process can be started");
        let text = String::from_utf8_lossy(&out.stdout);
        let v: Vec<f64> = text.split_whitespace().filter_map(|w| w.parse().ok()).collect();
        let [resident, own, projected, ms] = v[..] else {
            println!("{name:28} failed: {}", String::from_utf8_lossy(&out.stderr).trim());
            failed += 1;
            continue;
        };
        // Pages mapped from a file are the system's to take back: they are no memory of the run.
        let measured = if name.starts_with("npy read") { own } else { resident };
        let high = measured > projected + RESERVE_BYTES as f64;
        let loose = projected > 2.5 * measured.max(FLOOR);
        let word = if high {
            "  ABOVE the projection"
        } else if loose {
            "  LOOSE projection"
        } else {
            ""
        };
        failed += u32::from(high || loose);
        println!(
            "{name:28} {:>7.1}MiB {:>7.1}MiB {:>7.2} {ms:>7.0}{word}",
            mib(measured),
            mib(projected),
            projected / measured.max(1.0)
        );
    }
    println!("{failed} failed; reserve {:.0} MiB", mib(RESERVE_BYTES as f64));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Measured {
    /// Growth of the peak resident set.
    resident: u64,
    /// Growth of what of it is no file (sampled).
    own: u64,
    projected: u64,
    ms: u64,
}

fn status(key: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|l| l.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn session(optimize: bool) -> Session {
    let config = Config { budget_bytes: 16 << 30, n_threads: 1, optimize, ..Config::default() };
    Session::new(config)
}

fn measure(name: &str) -> Result<Measured> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Files that are read are written first, by another process where that would raise this one's peak.
    let expr = case(name, folder.path())?;
    let session = session(name.starts_with("fused"));
    let projected = session.explain(std::slice::from_ref(&expr))?.projected_bytes;
    let (base, base_own) = (status("VmRSS"), status("RssAnon"));
    // 5 resets the peak to what is resident now.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (over, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Instant::now();
    let ran = std::thread::scope(|s| {
        s.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(status("RssAnon"), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let ran = session.run(std::slice::from_ref(&expr));
        over.store(true, Ordering::Relaxed);
        ran
    })?;
    let ms = start.elapsed().as_millis() as u64;
    drop(ran);
    let resident = status("VmHWM").saturating_sub(base);
    Ok(Measured { resident, own: peak.load(Ordering::Relaxed).saturating_sub(base_own), projected, ms })
}

/// Noise of a dtype, `n` chunks of 64 MiB one below the other.
fn noise(dtype: DType, domain: (f64, f64), n: usize) -> Result<DynArray> {
    let rows = CHUNK / dtype.size() / SIDE.1;
    let x = Generator::new(7).uniform(domain.0, domain.1, &[rows * n, SIDE.1], [rows, SIDE.1])?;
    // One chunk of the noise itself is 64 MiB of float64; other dtypes are made of it without its being kept.
    if dtype == DType::F64 { Ok(x) } else { x.astype(dtype) }
}

fn case(name: &str, folder: &Path) -> Result<Expr> {
    let (family, op) = name.split_once(' ').unwrap_or((name, ""));
    match family {
        "element" => elementwise(op),
        "reduce" | "reduce-rows" => {
            let row = reduction::find(op).expect("a row of the table");
            let axes: Option<&[isize]> = if family == "reduce" { None } else { Some(&[0]) };
            Ok(noise(DType::F64, (0.5, 1.5), 1)?.reduce(row, axes, false, 0.0, 8)?.expr().clone())
        }
        "scan" => build::scan(noise(DType::F64, (0.5, 1.5), 1)?.expr(), scan::find(op).expect("a row of the table"), 0),
        "npy" | "zarr" | "geotiff" => file(name, folder),
        "linalg" => matrices(op),
        _ => other(name),
    }
}

/// The op on one chunk of the widest dtype it takes; other arguments are numbers of the same kind.
fn elementwise(name: &str) -> Result<Expr> {
    let op = element::find(name).expect("a row of the table");
    let int = matches!(op.rule, DTypeRule::Bits | DTypeRule::Count | DTypeRule::Generate(_));
    let middle = f64::midpoint(op.domain.0, op.domain.1);
    let scalar = if int { Operand::Scalar(Scalar::I64(3)) } else { Operand::Scalar(Scalar::F64(middle)) };
    let x = noise(DType::F64, op.domain, 1)?;
    let first = match op.rule {
        DTypeRule::Generate(_) => {
            Generator::new(1).integers(0, 1i64 << 40, &[SIDE.0, SIDE.1], Chunks::Whole)?.astype(DType::U64)?
        }
        DTypeRule::Bits | DTypeRule::Count => Generator::new(1).integers(0, 60, &[SIDE.0, SIDE.1], Chunks::Whole)?,
        DTypeRule::Choose => x.greater(middle)?,
        _ => x.clone(),
    };
    let mut operands = vec![Operand::Array(first.expr().clone())];
    if op.arity > 1 {
        operands.push(if int {
            scalar.clone()
        } else {
            Operand::Array(Generator::new(8).uniform(op.domain.0, op.domain.1, &[SIDE.0, SIDE.1], Chunks::Whole)?.expr().clone())
        });
    }
    while operands.len() < op.arity {
        operands.push(scalar.clone());
    }
    build::elementwise(op, &operands)
}

/// All of `n` positions, mixed.
fn mixed(n: usize) -> Vec<isize> {
    (0..n).map(|i| (i * 7919 % n) as isize).collect()
}

/// Linear algebra and transforms: of matrices that make one task as large as it gets, or a few blocks.
const LINALG: &[&str] = &[
    "matmul one",
    "matmul blocks",
    "matmul tree",
    "matmul stack",
    "matmul i64",
    "qr tall",
    "qr panels",
    "svd one",
    "svdvals one",
    "svd tall",
    "lu",
    "solve",
    "cholesky",
    "eigh one",
    "eigvalsh one",
    "fft rows",
    "fft columns",
    "fft prime",
    "rfft rows",
    "irfft rows",
];

fn matrices(name: &str) -> Result<Expr> {
    use tilework::array::fft::{self, Scale};
    use tilework::array::linalg;
    let x = |m: usize, n: usize| Generator::new(3).uniform(-1.0, 1.0, &[m, n], [1024, 1024]);
    let square =
        |n: usize| linalg::matmul(&x(n, n)?, &x(n, n)?.transpose(None)?)?.add(tilework::array::eye(n, n, 0, DType::F64, 1024)?);
    let y = match name {
        "matmul one" => linalg::matmul(&x(1024, 1024)?, &x(1024, 1024)?)?,
        "matmul blocks" => linalg::matmul(&x(3072, 4096)?, &x(4096, 3072)?)?,
        "matmul tree" => linalg::matmul(&x(100, 200_000)?, &x(200_000, 100)?)?,
        "matmul stack" => linalg::matmul(&x(300_000, 9)?.reshape(&[-1, 3, 3])?, &x(300_000, 9)?.reshape(&[-1, 3, 3])?)?,
        "matmul i64" => linalg::matmul(&x(1024, 1024)?.multiply(9.0)?.astype(DType::I64)?, &x(1024, 1024)?.astype(DType::I64)?)?,
        "qr tall" => linalg::qr(&x(200_000, 100)?)?.0,
        "qr panels" => linalg::qr(&x(2048, 1500)?)?.0,
        "svd one" => linalg::svd(&x(1200, 1000)?)?.0,
        "svdvals one" => linalg::svdvals(&x(1200, 1000)?)?,
        "svd tall" => linalg::svd(&x(200_000, 100)?)?.0,
        "lu" => linalg::lu(&x(2048, 2048)?)?.1,
        "solve" => linalg::solve(&x(2048, 2048)?, &x(2048, 512)?)?,
        "cholesky" => linalg::cholesky(&square(3072)?, false)?,
        "eigh one" => linalg::eigh(&square(1000)?)?.1,
        "eigvalsh one" => linalg::eigvalsh(&square(1000)?)?,
        "fft rows" => fft::fft(&x(64, 1 << 17)?, None, 1, Scale::Backward)?,
        "fft columns" => fft::fft(&x(1 << 17, 64)?, None, 0, Scale::Backward)?,
        "fft prime" => fft::fft(&x(8, 1_000_003)?, None, 1, Scale::Backward)?,
        "rfft rows" => fft::rfft(&x(8, 1 << 20)?, None, 1, Scale::Backward)?,
        "irfft rows" => fft::irfft(&x(8, 1 << 20)?, None, 1, Scale::Backward)?,
        _ => panic!("no case '{name}'"),
    };
    Ok(y.expr().clone())
}

fn other(name: &str) -> Result<Expr> {
    let x = |n: usize| noise(DType::F64, (0.0, 1.0), n);
    let shape = [SIDE.0, SIDE.1];
    let y = match name {
        "random uniform" => Generator::new(1).random(&shape, Chunks::Whole)?,
        "random normal" => Generator::new(1).normal(1.0, 2.0, &shape, Chunks::Whole)?,
        "random integers" => Generator::new(1).integers(0, 100, &shape, Chunks::Whole)?,
        "random gamma" => Generator::new(1).gamma(2.0, 1.0, &shape, Chunks::Whole)?,
        "random gamma-of-array" => Generator::new(1).gamma(&x(1)?, 1.0, &shape, Chunks::Whole)?,
        "random permutation" => Generator::new(1).permutation(SIDE.0 * SIDE.1, Chunks::Whole)?,
        "random multinomial" => Generator::new(1).multinomial(100, &[0.1; 8], &[SIDE.0, SIDE.1 / 8], Chunks::Whole)?,
        "histogram" => x(1)?.histogram(Bins::Even(1000, 0.0, 1.0), None, false)?.0,
        "masked mean" => masked::masked_less(&x(1)?, 0.5)?.mean(Some(&[0]))?.data().clone(),
        "gufunc" => {
            let f = Function::several("both", |_, b| Ok(vec![b[0].clone(), b[0].index_axis(1, 0)]));
            apply_gufunc(&f, "(i)->(i),()", &[&x(1)?], &[DType::F64, DType::F64], &[])?.remove(0)
        }
        "lanes" => apply_along_axis(&Function::new("same", |_, b| Ok(b[0].clone())), &x(1)?, 1, Some(SIDE.1), DType::F64)?,
        "fused chain" => x(1)?.multiply(3.0)?.add(1.0)?.sqrt()?.subtract(x(1)?)?,
        "rechunk split" => x(1)?.rechunk([512, 1024])?,
        "rechunk cross" => x(2)?.rechunk([SIDE.0 * 2, SIDE.1 / 2])?,
        "transpose copy" => x(1)?.transpose(None)?.rechunk([SIDE.1 / 2, SIDE.0])?,
        "slice steps" => x(1)?.index(&[Index::Slice(None, None, Some(-2)), Index::Slice(None, None, Some(3))])?,
        "take rows" => x(1)?.take(mixed(SIDE.0), Some(0))?,
        "take points" => x(1)?.index(&[mixed(SIDE.0).into(), mixed(SIDE.0).into()])?,
        "put rows" => x(1)?.set(&[mixed(SIDE.0).into()], &x(1)?.negative()?)?,
        "put points" => x(1)?.set(&[mixed(SIDE.0).into(), mixed(SIDE.0).into()], 1.0)?,
        "gather" => x(1)?.take(&tilework::array::arange(0, SIDE.0, 1, SIDE.0)?.flip(None)?, Some(0))?,
        "scatter" => x(1)?.put_along_axis(&tilework::array::arange(0, SIDE.0, 1, SIDE.0)?.expand_dims(&[1])?, 1.0, 1)?,
        "masked" => x(1)?.extract(&x(1)?.greater(0.5)?)?,
        "places" => x(1)?.greater(0.5)?.flatnonzero()?,
        "triangle" => tilework::array::tril_indices(SIDE.1, 0, SIDE.1, Chunks::Whole)?[0].clone(),
        "slice rows" => x(1)?.index(&[Index::Slice(Some(1), None, None)])?,
        "concatenate" => concatenate(&[x(1)?, x(1)?.negative()?], 0)?,
        "stack" => tilework::array::stack(&[x(1)?, x(1)?.negative()?], 0)?,
        "halo" => DynArray::from_expr(build::halo(x(1)?.expr(), &[(8, 8), (8, 8)], Boundary::Reflect)?)?,
        "overlap" => map_overlap("smooth", &x(1)?, &[(1, 1), (1, 1)], Boundary::Nearest, DType::F64, |_, t| {
            Ok(tilework::chunk::Tensor::from_ndarray(t.to_ndarray::<f64>()?))
        })?,
        "filter mean" => x(1)?.uniform_filter(5, &Filter::default())?,
        "filter long mean" => x(1)?.uniform_filter(51, &Filter::default())?,
        "filter median" => x(1)?.median_filter(3, &Filter::default())?,
        "window std" => x(1)?.sliding_window_view(5, None)?.std(0.0)?,
        "window view" => x(1)?.sliding_window_view(5, Some(&[1]))?.array()?,
        "label" => x(1)?.greater(0.6)?.label(None)?.0,
        "blocks" => map_blocks("double", &[&x(1)?], DType::F64, None, |_, t| {
            Ok(tilework::chunk::Tensor::from_ndarray(t[0].to_ndarray::<f64>()? * 2.0))
        })?,
        "broadcast" => x(1)?.index(&[Index::At(0)])?.broadcast_to(&shape)?,
        "astype" => x(1)?.astype(DType::I64)?,
        _ => panic!("no case '{name}'"),
    };
    Ok(y.expr().clone())
}

fn zarr_options(name: &str) -> ZarrOptions {
    match name.ends_with("sharded") {
        true => ZarrOptions { chunks: Some(vec![256, 512]), shards: Some(vec![SIDE.0, SIDE.1]), ..ZarrOptions::default() },
        false if name.ends_with("raw") => ZarrOptions { codec: Codec::None, ..ZarrOptions::default() },
        false => ZarrOptions::default(),
    }
}

/// Numbers that compress like measured data.
fn measured_like() -> Result<DynArray> {
    noise(DType::F64, (0.0, 1e4), 1)?.floor()
}

fn file(name: &str, folder: &Path) -> Result<Expr> {
    let x = measured_like()?;
    let read = |y: DynArray| Ok(y.sum(None)?.expr().clone());
    match name {
        "npy write" => x.npy_sink(folder.join("a.npy"), false),
        "npy read" => {
            written_elsewhere(name, folder);
            read(open_npy(folder.join("a.npy"), Chunks::Whole)?)
        }
        "npy read-fortran" => {
            written_elsewhere(name, folder);
            let y = open_npy(folder.join("a.npy"), Chunks::Whole)?;
            let slices = [AxisSlice { start: 0, step: 2, len: SIDE.0 / 2 }, AxisSlice::whole(SIDE.1)];
            build::slice(y.expr(), &slices)
        }
        "zarr write" | "zarr write-sharded" => x.zarr_sink(folder.join("a.zarr"), &zarr_options(name)),
        "zarr write-noise" | "zarr write-noise-sharded" => {
            noise(DType::F64, (0.0, 1.0), 1)?.zarr_sink(folder.join("a.zarr"), &zarr_options(name))
        }
        "zarr read" | "zarr read-sharded" | "zarr read-raw" => {
            written_elsewhere(name, folder);
            read(open_zarr(folder.join("a.zarr"), Chunks::Whole)?)
        }
        _ => geotiff(name, folder),
    }
}

/// What a case reads, written by a process of its own: this one's allocator shall hold nothing yet.
fn written_elsewhere(name: &str, folder: &Path) {
    let own = std::env::current_exe().expect("this program has a path");
    let done = Command::new(own).arg("--write").arg(name).arg(folder).status().expect("a process can be started");
    assert!(done.success(), "the input of '{name}' could not be written");
}

fn write_input(name: &str, folder: &Path) -> Result<()> {
    let x = measured_like()?;
    match name {
        "npy read" => x.save_npy(folder.join("a.npy"), false, &session(true)),
        "npy read-fortran" => {
            fortran(&folder.join("a.npy"));
            Ok(())
        }
        n if n.starts_with("zarr") => x.save_zarr(folder.join("a.zarr"), &zarr_options(name), &session(true)),
        _ => geotiff_input(folder),
    }
}

/// A file in Fortran order, written by hand.
fn fortran(path: &Path) {
    use std::io::Write;
    let text = format!("{{'descr': '<f8', 'fortran_order': True, 'shape': ({}, {}), }}", SIDE.0, SIDE.1);
    let pad = 64 - (10 + text.len() + 1) % 64;
    let header = format!("{text}{}\n", " ".repeat(pad));
    let mut f = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    f.write_all(b"\x93NUMPY\x01\x00").expect("written");
    f.write_all(&(header.len() as u16).to_le_bytes()).expect("written");
    f.write_all(header.as_bytes()).expect("written");
    (0..SIDE.0 * SIDE.1).for_each(|i| f.write_all(&(i as f64).to_le_bytes()).expect("written"));
}

#[cfg(feature = "raster")]
fn raster() -> Result<tilework::raster::Raster> {
    let georef = tilework::format::geotiff::Georef::default();
    tilework::raster::Raster::new(measured_like()?.astype(DType::F32)?, georef, "noise")
}

#[cfg(feature = "raster")]
fn geotiff_input(folder: &Path) -> Result<()> {
    raster()?.write(folder.join("a.tif"), tilework::format::geotiff::WriteOptions::default(), &session(true))
}

#[cfg(feature = "raster")]
fn geotiff(name: &str, folder: &Path) -> Result<Expr> {
    use tilework::format::geotiff::WriteOptions;
    let path = folder.join("a.tif");
    match name {
        "geotiff write" => raster()?.sink(path, WriteOptions::default()),
        "geotiff write-cog" => raster()?.sink(path, WriteOptions { cog: true, ..WriteOptions::default() }),
        "geotiff read" => {
            written_elsewhere(name, folder);
            Ok(tilework::raster::Raster::open(&path, Chunks::Whole)?.array().sum(None)?.expr().clone())
        }
        _ => panic!("no case '{name}'"),
    }
}

#[cfg(not(feature = "raster"))]
fn geotiff_input(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(not(feature = "raster"))]
fn geotiff(name: &str, _: &Path) -> Result<Expr> {
    panic!("no case '{name}'")
}
