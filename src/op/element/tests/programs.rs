//! Random programs on random layouts: fused in blocks as one value at a time on contiguous copies.

use super::{Noise, bits, elements, isas, run};
use crate::base::{AxisSlice, DType, Region, Scalar};
use crate::chunk::Tensor;
use crate::for_dtype;
use crate::kernel::compile::{Compiled, PIECE};
use crate::kernel::program::{Builder, Instr, Program};
use crate::kernel::run::Placement;
use crate::op::element::{ALL, find};
use proptest::prelude::*;

/// A chunk's geometry: origin, shape, whole shape.
type Place = (Vec<usize>, Vec<usize>, Vec<usize>);

fn random_place(noise: &mut Noise) -> Place {
    let lengths = [0, 1, 1, 2, 3, 5, 7, 13, 31, 64, 300, 1031];
    let mut shape: Vec<usize> = (0..noise.below(5)).map(|_| lengths[noise.below(lengths.len())]).collect();
    // An axis of none hides the others from the product, and views of it are laid out in memory like any other.
    while shape.iter().map(|&n| n.max(1)).product::<usize>() > 20_000 {
        shape.pop();
    }
    let origin: Vec<usize> = shape.iter().map(|_| noise.below(100)).collect();
    let whole = shape.iter().zip(&origin).map(|(n, o)| n + o + noise.below(3)).collect();
    (origin, shape, whole)
}

/// A view of `shape` over memory laid out in some other way.
fn random_view(noise: &mut Noise, dtype: DType, shape: &[usize]) -> Tensor {
    // Axes in another order, some repeated, the others with gaps in front, behind and between.
    let mut order: Vec<usize> = (0..shape.len()).collect();
    if noise.below(2) == 0 {
        order.reverse();
    }
    let style = noise.below(4);
    let mut slices = Vec::new();
    for &n in shape {
        let step: isize = if style == 0 { 1 } else { [1, 1, 1, 2, -1, -3][noise.below(6)] };
        let lead = if style == 0 { 0 } else { noise.below(3) };
        let repeated = style > 1 && noise.below(4) == 0;
        let n = if repeated { n.min(1) } else { n };
        let span = n.saturating_sub(1) * step.unsigned_abs() + 1;
        slices.push((AxisSlice { start: if step > 0 { lead } else { lead + span - 1 }, step, len: n }, lead + span + style));
    }
    let stored: Vec<usize> = order.iter().map(|&a| slices[a].1).collect();
    let mut t = elements(noise, dtype, stored.iter().product(), (-20.0, 20.0)).reshape(&stored);
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(i, &a)| back[a] = i);
    t = t.permute(&back);
    for (a, (s, _)) in slices.iter().enumerate() {
        t = t.slice_axis(a, *s);
    }
    t.broadcast_to(shape)
}

fn random_program(noise: &mut Noise, whole: &[usize]) -> Program {
    let ndim = whole.len();
    let mut b = Builder::new();
    let mut values = Vec::new();
    let any = |noise: &mut Noise| DType::ALL[noise.below(DType::ALL.len())];
    for _ in 0..1 + noise.below(4) {
        values.push(b.input(any(noise)));
    }
    if noise.below(3) == 0 {
        values.push(b.linear(whole));
    }
    if ndim > 0 && noise.below(3) == 0 {
        values.push(b.index(noise.below(ndim)));
    }
    for _ in 0..noise.below(14) {
        let pick = values[noise.below(values.len())];
        let v = match noise.below(8) {
            0 => b.constant(Scalar::F64(noise.unit() * 10.0 - 5.0), DType::F64),
            1 => b.constant(Scalar::I64(noise.below(9) as i64), DType::ALL[1 + noise.below(DType::ALL.len() - 1)]),
            2 => match any(noise) {
                to if b.dtype(pick).converts(to) => b.cast(pick, to),
                _ => continue,
            },
            _ => {
                let op = ALL[noise.below(ALL.len())];
                let args: Vec<u32> = (0..op.arity).map(|_| values[noise.below(values.len())]).collect();
                match b.apply(op, &args) {
                    Ok(v) => v,
                    Err(_) => continue,
                }
            }
        };
        values.push(v);
    }
    b.finish(values[values.len() - 1])
}

/// Every value as a whole array, each by a program of one instruction on contiguous inputs.
fn one_by_one(p: &Program, inputs: &[Tensor], place: &Place) -> Tensor {
    let (origin, shape, _) = place;
    let n: usize = shape.iter().product();
    let mut done: Vec<Tensor> = Vec::new();
    for (instr, dtype) in &p.values {
        let numbered = |f: &dyn Fn(&[usize]) -> i64| -> Tensor {
            let v: Vec<i64> = ndarray::indices(shape.as_slice()).into_iter().map(|i| f(ndarray::Dimension::slice(&i))).collect();
            if *dtype == DType::I64 {
                Tensor::from_vec(shape, v).unwrap()
            } else {
                Tensor::from_vec(shape, v.into_iter().map(|v| v as u64).collect()).unwrap()
            }
        };
        let apply = |f: &dyn Fn(&mut Builder, &[u32]) -> u32, args: &[u32]| -> Tensor {
            let mut b = Builder::new();
            let slots: Vec<u32> = args.iter().map(|&a| b.input(done[a as usize].dtype())).collect();
            let v = f(&mut b, &slots);
            let args: Vec<Tensor> = args.iter().map(|&a| done[a as usize].clone()).collect();
            run(&Compiled::new(&b.finish(v)).unwrap(), &args, shape)
        };
        let t = match instr {
            Instr::Input(s) => inputs[*s as usize].contiguous(),
            Instr::Const(s) => {
                for_dtype!(*dtype, T => Tensor::from_vec(shape, vec![<T as crate::base::Element>::from_scalar(*s); n]).unwrap())
            }
            Instr::Number(line) => numbered(&|i| {
                let along = i.iter().zip(origin).zip(line.steps.iter().chain(std::iter::repeat(&0)));
                along.fold(line.start, |s, ((i, o), step)| s + (i + o) as i64 * step)
            }),
            Instr::Cast(v) => apply(&|b, s| b.cast(s[0], *dtype), &[*v]),
            Instr::Apply(op, args) => apply(&|b, s| b.apply(op, s).unwrap(), args),
        };
        done.push(t);
    }
    done.swap_remove(p.result as usize)
}

fn check_pieces(c: &Compiled, inputs: &[Tensor], place: &Placement<'_>, run_len: usize, whole: &Tensor) {
    let n: usize = place.shape.iter().product();
    let mut starts = Vec::new();
    for_dtype!(c.dtype(), T => {
        let mut all: Vec<T> = Vec::new();
        c.for_each_piece::<T>(inputs, place, run_len, &mut |start, v| {
            assert_eq!(start, all.len());
            assert!(!v.is_empty() && v.len() <= PIECE);
            starts.push((start, v.len()));
            all.extend_from_slice(v);
        })
        .unwrap();
        assert!(bits(&Tensor::from_vec(place.shape, all).unwrap()) == bits(whole));
    });
    // The contract, told another way: cut at every multiple of the run length, then glue short runs or cut long ones.
    let run = if run_len == 0 { n.max(1) } else { run_len };
    let mut want = Vec::new();
    let step = if run >= PIECE { run } else { run * (PIECE / run) };
    for first in (0..n).step_by(step) {
        let end = (first + step).min(n);
        want.extend((first..end).step_by(PIECE).map(|s| (s, PIECE.min(end - s))));
    }
    assert_eq!(starts, want, "pieces of {n} elements in runs of {run_len}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn fused_programs_give_the_bits_of_one_value_at_a_time(seed: u64) {
        let mut noise = Noise(seed);
        let place = random_place(&mut noise);
        let program = random_program(&mut noise, &place.2);
        let inputs: Vec<Tensor> = program.inputs.iter().map(|&d| random_view(&mut noise, d, &place.1)).collect();
        let want = one_by_one(&program, &inputs, &place);
        let placement = Placement { origin: &place.0, shape: &place.1 };
        for isa in isas() {
            let c = Compiled::with_isa(&program, isa).unwrap();
            let got = c.run(&inputs, &placement).unwrap();
            prop_assert_eq!(got.shape(), place.1.as_slice());
            prop_assert_eq!(got.dtype(), program.dtype());
            prop_assert!(got.is_contiguous());
            prop_assert!(bits(&got) == bits(&want), "{:?} on {:?}", program, place);
        }
        let c = Compiled::new(&program).unwrap();
        for run_len in [0, 1, 3, place.1.last().copied().unwrap_or(1), 700, 1024, 1500] {
            check_pieces(&c, &inputs, &placement, run_len, &want);
        }
    }
}

#[test]
fn large_layouts_agree_with_plain_loops() {
    for (rows, cols) in [(300, 2500), (2500, 300), (1111, 3), (1500, 2), (999, 7), (3, 5000), (257, 1025)] {
        let x = elements(&mut Noise(5), DType::F64, rows * cols, (-5.0, 5.0)).reshape(&[rows, cols]);
        let y = elements(&mut Noise(6), DType::F64, rows * cols, (-5.0, 5.0)).reshape(&[cols, rows]).permute(&[1, 0]);
        let row = x.slice(&Region::new([0..1, 0..cols])).broadcast_to(&[rows, cols]);
        let column = x.slice(&Region::new([0..rows, 1..2])).broadcast_to(&[rows, cols]);
        let mut b = Builder::new();
        let slots: Vec<u32> = (0..4).map(|_| b.input(DType::F64)).collect();
        let (add, multiply) = (find("add").unwrap(), find("multiply").unwrap());
        let s = b.apply(add, &slots[..2]).unwrap();
        let m = b.apply(multiply, &[slots[2], slots[3]]).unwrap();
        let r = b.apply(add, &[s, m]).unwrap();
        let got = run(&Compiled::new(&b.finish(r)).unwrap(), &[x.clone(), y.clone(), row.clone(), column.clone()], &[rows, cols]);
        let [x, y, row, column] = [&x, &y, &row, &column].map(|t| t.view::<f64>().unwrap());
        let want = ndarray::Zip::from(&x).and(&y).and(&row).and(&column).map_collect(|x, y, r, c| x + y + r * c);
        assert!(bits(&got) == bits(&Tensor::from_ndarray(want)), "{rows} x {cols}");
    }
}

#[test]
fn wrong_inputs_are_refused() {
    let c = Compiled::new(&Program::identity(DType::F64)).unwrap();
    let place = Placement { origin: &[0], shape: &[3] };
    let t = Tensor::from_vec(&[3], vec![1.0, 2.0, 3.0]).unwrap();
    assert!(c.run(&[], &place).is_err());
    assert!(c.run(&[Tensor::from_vec(&[3], vec![1i64, 2, 3]).unwrap()], &place).is_err());
    assert!(c.run(&[Tensor::from_vec(&[2], vec![1.0, 2.0]).unwrap()], &place).is_err());
    assert!(c.run(std::slice::from_ref(&t), &Placement { origin: &[], shape: &[3] }).is_err());
    assert!(c.for_each_piece::<f32>(std::slice::from_ref(&t), &place, 0, &mut |_, _| ()).is_err());
    let mut b = Builder::new();
    let v = b.index(1);
    assert!(Compiled::new(&b.finish(v)).unwrap().run(&[], &place).is_err());
}
