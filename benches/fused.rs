//! Speed of fused elementwise programs against plain Rust loops: `cargo bench --bench fused`.

use std::hint::black_box;
use std::time::Instant;
use tilework::base::{DType, Scalar};
use tilework::chunk::Tensor;
use tilework::kernel::compile::Compiled;
use tilework::kernel::lanes::Isa;
use tilework::kernel::program::{Builder, Program, Value};
use tilework::kernel::run::Placement;
use tilework::op::element::{self, ALL};

/// Best of several timings of `f`, in nanoseconds.
fn best(mut f: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut best = f64::INFINITY;
    let mut n = 0;
    while n < 3 || (n < 200 && start.elapsed().as_millis() < 300) {
        let t = Instant::now();
        f();
        best = best.min(t.elapsed().as_nanos() as f64);
        n += 1;
    }
    best
}

fn run(c: &Compiled, inputs: &[Tensor]) -> Tensor {
    let shape = inputs[0].shape();
    c.run(inputs, &Placement { origin: &[0; 4][..shape.len()], shape }).expect("a checked program")
}

fn report(name: &str, n: usize, bytes: usize, ns: f64, plain: Option<f64>) {
    let plain = plain.map_or(String::new(), |p| format!("   plain loop {:8.3} ns/element", p / n as f64));
    println!("{name:44} {:8.3} ns/element {:7.2} GB/s{plain}", ns / n as f64, (n * bytes) as f64 / ns);
}

fn program(inputs: &[DType], f: impl FnOnce(&mut Builder, &[Value]) -> Value) -> Program {
    let mut b = Builder::new();
    let slots: Vec<Value> = inputs.iter().map(|&d| b.input(d)).collect();
    let v = f(&mut b, &slots);
    b.finish(v)
}

fn op(b: &mut Builder, name: &str, args: &[Value]) -> Value {
    b.apply(element::find(name).expect("an op of the table"), args).expect("dtypes the op takes")
}

fn add(n: usize) {
    let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let inputs = [Tensor::from_vec(&[n], x.clone()).unwrap(), Tensor::from_vec(&[n], x.clone()).unwrap()];
    let c = Compiled::new(&program(&[DType::F64; 2], |b, s| op(b, "add", s))).unwrap();
    let ns = best(|| drop(black_box(run(&c, &inputs))));
    let plain = best(|| {
        let v: Vec<f64> = x.iter().zip(&x).map(|(a, b)| a + b).collect();
        black_box(v);
    });
    report(&format!("add f64, {n} elements"), n, 24, ns, Some(plain));
}

fn ndvi(n: usize) {
    let r: Vec<u16> = (0..n).map(|i| (i * 7 % 10_000) as u16).collect();
    let q: Vec<u16> = (0..n).map(|i| (i * 13 % 10_000) as u16).collect();
    let inputs = [Tensor::from_vec(&[n], r.clone()).unwrap(), Tensor::from_vec(&[n], q.clone()).unwrap()];
    let c = Compiled::new(&program(&[DType::U16; 2], |b, s| {
        let (x, y) = (b.cast(s[0], DType::F32), b.cast(s[1], DType::F32));
        let (d, e) = (op(b, "subtract", &[x, y]), op(b, "add", &[x, y]));
        op(b, "divide", &[d, e])
    }))
    .unwrap();
    let ns = best(|| drop(black_box(run(&c, &inputs))));
    let plain = best(|| {
        let v: Vec<f32> = r.iter().zip(&q).map(|(&a, &b)| (f32::from(a) - f32::from(b)) / (f32::from(a) + f32::from(b))).collect();
        black_box(v);
    });
    report(&format!("NDVI u16 to f32, {n} elements"), n, 8, ns, Some(plain));
}

fn chain_program() -> Program {
    program(&[DType::F64], |b, s| {
        let x = s[0];
        let one = b.constant(Scalar::F64(1.0), DType::F64);
        let sin = op(b, "sin", &[x]);
        let sin2 = op(b, "square", &[sin]);
        let x1 = op(b, "add", &[x, one]);
        let cos = op(b, "cos", &[x1]);
        let cos2 = op(b, "square", &[cos]);
        let minus = op(b, "negative", &[x]);
        let exp = op(b, "exp", &[minus]);
        let product = op(b, "multiply", &[cos2, exp]);
        op(b, "add", &[sin2, product])
    })
}

fn chain(n: usize) {
    let x: Vec<f64> = (0..n).map(|i| i as f64 * 1e-5).collect();
    let inputs = [Tensor::from_vec(&[n], x.clone()).unwrap()];
    for isa in Isa::ALL.into_iter().filter(|i| i.is_available()) {
        let c = Compiled::with_isa(&chain_program(), isa).unwrap();
        let ns = best(|| drop(black_box(run(&c, &inputs))));
        report(&format!("sin(x)**2+cos(x+1)**2*exp(-x) {isa:?}, {n}"), n, 16, ns, None);
    }
    let plain = best(|| {
        let v: Vec<f64> = x.iter().map(|&x| x.sin() * x.sin() + (x + 1.0).cos() * (x + 1.0).cos() * (-x).exp()).collect();
        black_box(v);
    });
    report("the same in a plain loop", n, 16, plain, None);
}

fn layouts(n: usize) {
    let x: Vec<f64> = (0..n * n).map(|i| i as f64).collect();
    let x = Tensor::from_vec(&[n, n], x).unwrap();
    let row = x.slice(&tilework::base::Region::new([0..1, 0..n])).broadcast_to(&[n, n]);
    let column = x.slice(&tilework::base::Region::new([0..n, 0..1])).broadcast_to(&[n, n]);
    let c = Compiled::new(&program(&[DType::F64; 2], |b, s| op(b, "add", s))).unwrap();
    for (name, other) in [("x", x.clone()), ("x.T", x.permute(&[1, 0])), ("row", row), ("column", column)] {
        let inputs = [x.clone(), other];
        let ns = best(|| drop(black_box(run(&c, &inputs))));
        report(&format!("x + {name}, {n} x {n} f64"), n * n, 24, ns, None);
    }
    let (rows, cols) = (n * n / 3, 3);
    let thin = x.reshape(&[n * n]).slice(&tilework::base::Region::whole(&[rows * cols])).reshape(&[rows, cols]);
    let three = thin.slice(&tilework::base::Region::new([0..1, 0..3])).broadcast_to(&[rows, cols]);
    let one = thin.slice(&tilework::base::Region::new([0..rows, 0..1])).broadcast_to(&[rows, cols]);
    for (name, other) in [("same", thin.clone()), ("row of 3", three), ("column", one)] {
        let inputs = [thin.clone(), other];
        let ns = best(|| drop(black_box(run(&c, &inputs))));
        report(&format!("thin + {name}, {rows} x 3 f64"), rows * cols, 24, ns, None);
    }
}

fn overhead() {
    for (name, c, k) in [
        ("add", Compiled::new(&program(&[DType::F64; 2], |b, s| op(b, "add", s))).unwrap(), 2),
        ("chain", Compiled::new(&chain_program()).unwrap(), 1),
    ] {
        let one = Tensor::from_vec(&[1, 1], vec![0.5]).unwrap();
        let inputs = vec![one; k];
        let ns = best(|| (0..1000).for_each(|_| drop(black_box(run(&c, black_box(&inputs))))));
        println!("one run of {name} on 1 element {:37.1} ns", ns / 1000.0);
    }
}

fn pieces(n: usize) {
    let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let inputs = [Tensor::from_vec(&[n], x.clone()).unwrap(), Tensor::from_vec(&[n], x).unwrap()];
    let c = Compiled::new(&program(&[DType::F64; 2], |b, s| op(b, "add", s))).unwrap();
    let place = Placement { origin: &[0], shape: &[n] };
    let ns = best(|| {
        let mut sum = [0.0; 8];
        c.for_each_piece::<f64>(&inputs, &place, 0, &mut |_, v| {
            for w in v.chunks(8) {
                sum.iter_mut().zip(w).for_each(|(s, x)| *s += x);
            }
        })
        .unwrap();
        black_box(sum);
    });
    report(&format!("sum of pieces of x + y, {n} elements"), n, 16, ns, None);
}

fn every_op() {
    let n = 1 << 16;
    for op in ALL {
        let mut line = format!("{:14}", op.name);
        for dtype in [DType::F64, DType::F32, DType::I32] {
            let (lo, hi) = op.domain;
            let v: Vec<f64> = (0..n).map(|i| lo + (hi - lo) * (i as f64 + 0.5) / n as f64).collect();
            let args = vec![dtype; op.arity];
            if op.resolve(&args).map(|r| r.0[op.arity - 1]) != Ok(dtype) {
                continue;
            }
            let c = Compiled::new(&program(&args, |b, s| b.apply(op, s).expect("resolved above"))).unwrap();
            let t = tilework::kernel::run::cast(&Tensor::from_vec(&[n], v).unwrap(), dtype).unwrap();
            let ns = best(|| drop(black_box(run(&c, &vec![t.clone(); op.arity]))));
            line += &format!("   {dtype} {:7.3}", ns / n as f64);
        }
        println!("{line}   ns/element");
    }
}

fn main() {
    println!("{:?}", Isa::detect());
    add(1 << 14);
    add(1 << 24);
    ndvi(1 << 14);
    ndvi(1 << 24);
    chain(1 << 20);
    layouts(1000);
    layouts(2048);
    pieces(1 << 14);
    pieces(1 << 22);
    overhead();
    if std::env::args().any(|a| a == "ops") {
        every_op();
    }
}
