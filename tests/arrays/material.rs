//! What the array tests are made of: noise, odd shapes and cuts, special values, and every way to run one expression.

use ndarray::{ArrayD, IxDyn};
use tilework::base::{Grid, Kind, Scalar};
use tilework::chunk::tensor::copy_into;
use tilework::chunk::{BufferMut, Chunk, Tensor};
use tilework::expr::{Chunks, Expr};
use tilework::optimize::optimize;
use tilework::plan::lower;
use tilework::session::Executor;
use tilework::{C64, C128, Config, DType, Element, Session, for_dtype};

/// Numbers without pattern (splitmix64).
pub struct Noise(pub u64);

impl Noise {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A shape of 0 to 4 axes, 0, 1, prime and other lengths, at most `most` elements.
pub fn shape(noise: &mut Noise, most: usize) -> Vec<usize> {
    let ndim = noise.below(5);
    loop {
        let s: Vec<usize> = (0..ndim).map(|_| noise.one_of(&[0, 1, 1, 2, 3, 4, 5, 6, 7, 11, 13, 16, 31])).collect();
        if s.iter().product::<usize>() <= most {
            return s;
        }
    }
}

/// Pieces of 1, prime pieces, one piece, or pieces of all sizes.
pub fn cut(noise: &mut Noise, shape: &[usize]) -> Chunks {
    match noise.below(5) {
        0 if shape.iter().product::<usize>() <= 130 => Chunks::Uniform(1),
        1 => Chunks::Whole,
        2 => Chunks::Sizes(shape.iter().map(|_| noise.one_of(&[2, 3, 5, 7])).collect()),
        _ => Chunks::Exact(shape.iter().map(|&n| pieces(noise, n)).collect()),
    }
}

fn pieces(noise: &mut Noise, n: usize) -> Vec<usize> {
    let mut left = n;
    let mut out = Vec::new();
    while left > 0 {
        let take = (1 + noise.below(n.min(9))).min(left);
        out.push(take);
        left -= take;
    }
    out
}

/// Special values of a dtype: zeros of both signs, infinities, NaN, the ends of the range.
pub fn specials(dtype: DType) -> Vec<Scalar> {
    match dtype {
        DType::Bool => vec![Scalar::Bool(false), Scalar::Bool(true)],
        DType::F32 | DType::F64 => {
            let v = [0.0, -0.0, 1.0, -1.0, 0.5, -3.7, 1e30, -1e300, 1e-310, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX];
            v.map(Scalar::F64).to_vec()
        }
        d if d.is_complex() => {
            let parts = [0.0, -0.0, 1.0, -3.7, 1e30, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
            parts.iter().flat_map(|&re| parts.map(|im| Scalar::C128(re, im))).collect()
        }
        d if d.is_signed() => {
            let high = i64::MAX >> (64 - 8 * d.size());
            [0, 1, -1, 2, -7, high, -high - 1].map(Scalar::I64).to_vec()
        }
        d => {
            let high = u64::MAX >> (64 - 8 * d.size());
            [0, 1, 2, 63, high, high / 2].map(Scalar::U64).to_vec()
        }
    }
}

/// Elements of a dtype: one in eight from `special`, the others drawn from `domain`.
pub fn tensor(noise: &mut Noise, dtype: DType, shape: &[usize], domain: (f64, f64), special: &[Scalar]) -> Tensor {
    let n: usize = shape.iter().product();
    for_dtype!(dtype, T => {
        let v = (0..n).map(|_| {
            let s = if !special.is_empty() && noise.below(8) == 0 {
                noise.one_of(special)
            } else {
                let mut drawn = || domain.0 + (domain.1 - domain.0) * noise.unit();
                if dtype.is_complex() { Scalar::C128(drawn(), drawn()) } else { Scalar::F64(drawn()) }
            };
            <T as Element>::from_scalar(s)
        });
        Tensor::from_vec::<T>(shape, v.collect()).unwrap()
    })
}

/// The bytes of the elements in C order, one NaN standing for all (its sign and payload carry no promise).
pub fn bits(t: &Tensor) -> Vec<u8> {
    let t = t.contiguous();
    match t.dtype() {
        DType::F64 => {
            t.as_slice::<f64>().unwrap().iter().flat_map(|v| if v.is_nan() { f64::NAN } else { *v }.to_ne_bytes()).collect()
        }
        DType::F32 => {
            t.as_slice::<f32>().unwrap().iter().flat_map(|v| if v.is_nan() { f32::NAN } else { *v }.to_ne_bytes()).collect()
        }
        DType::C128 => {
            let plain = |v: f64| if v.is_nan() { f64::NAN } else { v }.to_ne_bytes();
            t.as_slice::<C128>().unwrap().iter().flat_map(|v| [plain(v.re), plain(v.im)]).flatten().collect()
        }
        DType::C64 => {
            let plain = |v: f32| if v.is_nan() { f32::NAN } else { v }.to_ne_bytes();
            t.as_slice::<C64>().unwrap().iter().flat_map(|v| [plain(v.re), plain(v.im)]).flatten().collect()
        }
        _ => t.as_bytes().unwrap().to_vec(),
    }
}

/// The elements as scalars, in C order.
pub fn scalars(t: &Tensor) -> Vec<Scalar> {
    let t = t.contiguous();
    for_dtype!(t.dtype(), T => t.as_slice::<T>().unwrap().iter().map(|&v| v.into()).collect())
}

/// The elements as ndarray of scalars.
pub fn whole(t: &Tensor) -> ArrayD<Scalar> {
    ArrayD::from_shape_vec(IxDyn(t.shape()), scalars(t)).unwrap()
}

/// Runs one expression; checks each chunk against what was declared of it, and joins the chunks.
pub fn run(session: &Session, x: &Expr) -> Result<Tensor, Kind> {
    let (dtype, grid) = x.array().unwrap();
    let chunks = session.run(std::slice::from_ref(x)).map_err(|e| {
        assert!(!matches!(e.kind(), Kind::Bug | Kind::Budget), "{e}");
        e.kind()
    })?;
    assert_eq!(chunks.len(), 1);
    Ok(join(dtype, grid, &chunks[0]))
}

fn join(dtype: DType, grid: &Grid, chunks: &[Chunk]) -> Tensor {
    assert_eq!(chunks.len(), grid.n_chunks(), "as many chunks as declared");
    if grid.unknown_axis().is_some() {
        return tilework::chunk::join::joined(dtype, grid, chunks.to_vec()).unwrap();
    }
    let shape = grid.shape();
    let mut out = BufferMut::zeroed(grid.n_elements().unwrap() * dtype.size());
    for (i, c) in chunks.iter().enumerate() {
        let Chunk::Tensor(t) = c else { panic!("{c:?} is no piece of an array") };
        let region = grid.chunk_region(i);
        assert_eq!((t.dtype(), t.shape()), (dtype, region.shape().as_slice()), "chunk {i} is as declared");
        copy_into(t, &mut out, &shape, &region);
    }
    Tensor::new(dtype, &shape, out.freeze()).unwrap()
}

/// Every node on its own, one task after the other: what all others are compared with.
pub fn oracle() -> Session {
    Session::new(Config { optimize: false, ..config(1, u64::MAX) }).with_executor(Executor::Serial)
}

pub fn config(n_threads: usize, budget_bytes: u64) -> Config {
    Config { budget_bytes, n_threads, ..Config::default() }
}

/// The least budget that a run of `x` is not refused with. Plans may differ by budget, so it is searched for.
pub fn least_budget(x: &Expr, config: &Config) -> u64 {
    let roots = if config.optimize { optimize(std::slice::from_ref(x), None).unwrap() } else { vec![x.clone()] };
    let need = |budget_bytes: u64| {
        let plan = lower(&roots, &Config { budget_bytes, ..config.clone() }).unwrap();
        plan.fixed_bytes + plan.graph.min_budget(true).0
    };
    let (mut refused, mut enough) = (0, need(u64::MAX));
    if need(enough - 1) >= enough {
        return enough;
    }
    while enough - refused > 1 {
        let middle = refused + (enough - refused) / 2;
        if need(middle) <= middle { enough = middle } else { refused = middle }
    }
    enough
}

/// Runs `x` in every way there is; all must give the bits of the oracle. Gives the oracle's result.
pub fn same_everywhere(x: &Expr, what: &str) -> Result<Tensor, Kind> {
    let want = run(&oracle(), x);
    let key = want.as_ref().map(bits).map_err(|k| *k);
    let check = |session: &Session, how: &str| {
        let got = run(session, x);
        assert_eq!(got.as_ref().map(bits).map_err(|k| *k), key, "{what}: {how}");
    };
    check(&Session::new(config(1, u64::MAX)).with_executor(Executor::Serial), "one after the other, optimized");
    for n_threads in [1, 2, 4] {
        check(&Session::new(config(n_threads, u64::MAX)), &format!("{n_threads} threads"));
    }
    check(&Session::new(Config { optimize: false, ..config(2, u64::MAX) }), "2 threads, not optimized");
    for (n_threads, optimize) in [(1, true), (2, true), (4, false)] {
        let mut c = Config { optimize, ..config(n_threads, u64::MAX) };
        c.budget_bytes = least_budget(x, &c);
        check(&Session::new(c), &format!("{n_threads} threads, the least budget, optimized: {optimize}"));
    }
    let session = Session::new(config(2, u64::MAX));
    if let (Ok(t), Ok(want)) = (session.compute(x), &want) {
        assert_eq!((t.dtype(), t.shape(), bits(&t)), (want.dtype(), want.shape(), bits(want)), "{what}: compute");
    } else {
        assert!(want.is_err(), "{what}: compute fails, a run does not");
    }
    want
}

/// Whether two numbers are the same, or within `tolerance` relative to the larger of them and `scale`.
pub fn near(a: f64, b: f64, tolerance: f64, scale: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(scale)
}

/// Whether an error is what NumPy raises as `exception`. Its `AxisError` is an `IndexError` and a `ValueError`, too.
pub fn as_numpy(e: &tilework::Error, exception: &str) -> bool {
    match exception {
        "TypeError" => e.kind() == Kind::DType,
        "IndexError" => matches!(e.kind(), Kind::Index | Kind::Axis),
        "AxisError" => e.kind() == Kind::Axis,
        "OverflowError" => e.kind() == Kind::Overflow,
        "ValueError" => matches!(e.kind(), Kind::Usage | Kind::Axis),
        "LinAlgError" => matches!(e.kind(), Kind::Matrix | Kind::Usage),
        other => panic!("an exception {other}"),
    }
}

/// Fails as the user's mistake, and the message holds all of `words`.
#[track_caller]
pub fn refused<T>(made: tilework::Result<T>, words: &[&str]) {
    let Err(e) = made else { panic!("a bad call went through: {words:?}") };
    assert!(e.kind().is_usage(), "{e:?}");
    for w in words {
        assert!(e.to_string().contains(w), "'{e}' does not name {w}");
    }
}
