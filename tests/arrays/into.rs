//! Results computed into arrays that exist: the same bits as results of their own, whatever the cut, the layout and the work.

use super::material::{Noise, bits, config, cut, shape, specials, tensor};
use ndarray::{ArrayD, Axis, IxDyn, Slice};
use tilework::array::create::from_tensor;
use tilework::array::{DynArray, arange, from_ndarray};
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::session::Executor;
use tilework::{C128, DType, Element, ErrorKind, Result, Session, for_dtype};

/// Work that ends elementwise, by a copy, and by other nodes.
fn works(x: &DynArray) -> Result<Vec<DynArray>> {
    let mut all = vec![x.clone(), x.add(x)?, x.transpose(None)?, x.transpose(None)?.not_equal(&x.transpose(None)?)?, x.sum(None)?];
    if x.ndim() > 0 {
        all.extend([x.flip(None)?, x.flip(None)?.add(x)?, x.cumsum(0)?, x.ravel()?, x.where_shifted()?]);
    }
    Ok(all)
}

trait Shifted {
    fn where_shifted(&self) -> Result<DynArray>;
}

impl Shifted for DynArray {
    /// Two uses of one elementwise node, so that it is not the last one alone.
    fn where_shifted(&self) -> Result<DynArray> {
        let y = self.add(self)?;
        y.subtract(y.mean(Some(&[0]))?)
    }
}

fn every_second(from: isize) -> Slice {
    Slice::new(from, None, 2)
}

fn into<T: Element>(x: &DynArray, session: &Session, layout: usize) -> Result<Tensor> {
    let mut shape = x.shape().to_vec();
    let one = T::from_scalar(Scalar::I64(1));
    if shape.is_empty() || layout == 0 {
        let mut out = ArrayD::from_elem(shape, one);
        x.compute_into(&mut out.view_mut(), session)?;
        return Ok(Tensor::from_ndarray(out));
    }
    if layout == 1 {
        shape.reverse();
        let mut out = ArrayD::from_elem(shape, one);
        x.compute_into(&mut out.view_mut().reversed_axes(), session)?;
        return Ok(Tensor::from_ndarray(out.reversed_axes()));
    }
    let last = Axis(shape.len() - 1);
    shape[last.0] *= 2;
    let mut out = ArrayD::from_elem(shape, one);
    x.compute_into(&mut out.slice_axis_mut(last, every_second(0)), session)?;
    let between = out.iter().skip(1).step_by(2).all(|&v| v == one);
    assert!(between, "elements between were written");
    Ok(Tensor::from_ndarray(out.slice_axis(last, every_second(0)).to_owned()))
}

#[test]
fn results_in_arrays_that_exist_have_the_same_bits() {
    let mut noise = Noise(97);
    for round in 0..60 {
        let dtype = noise.one_of(&[DType::Bool, DType::I16, DType::F32, DType::F64, DType::C64, DType::C128]);
        let shape = shape(&mut noise, 4000);
        let x = tensor(&mut noise, dtype, &shape, (-9.0, 9.0), &specials(dtype));
        let x = from_tensor(x, cut(&mut noise, &shape)).unwrap();
        let session = Session::new(config(1 + round % 3, 64 << 20));
        let session = if round % 5 == 0 { session.with_executor(Executor::Serial) } else { session };
        for y in works(&x).unwrap() {
            let want = y.compute_in(&session).unwrap();
            for layout in 0..3 {
                let have = for_dtype!(y.dtype(), T => into::<T>(&y, &session, layout)).unwrap();
                assert_eq!(have.shape(), want.shape());
                assert_eq!(bits(&have), bits(&want), "round {round}, {dtype} {shape:?}, layout {layout}:\n{:?}", y.expr());
            }
        }
    }
}

/// Chunks whose rows are long enough to be written in their places, and rows that are not; bands of transposed inputs, too.
#[test]
fn chunks_of_all_widths_are_written_in_their_places() {
    let session = Session::new(config(2, 256 << 20));
    let n = [700, 900];
    let x = arange(0.0, 630_000.0, 1.0, 4096).unwrap().reshape(&[700, 900]).unwrap();
    for chunks in [[700, 900], [100, 900], [300, 256], [64, 300], [700, 100], [1, 1]].into_iter().filter(|c| c[0] > 1) {
        let x = x.rechunk(chunks).unwrap();
        let t = x.reshape(&[900, 700]).unwrap().transpose(None).unwrap().rechunk(chunks).unwrap();
        let y = x.multiply(2.0).unwrap().subtract(&t).unwrap();
        let mut out = ArrayD::<f64>::from_elem(IxDyn(&n), f64::NAN);
        y.compute_into(&mut out.view_mut(), &session).unwrap();
        for (i, row) in out.outer_iter().enumerate() {
            for (j, &v) in row.iter().enumerate() {
                let want = 2.0 * (i * 900 + j) as f64 - (j * 700 + i) as f64;
                assert_eq!(v, want, "{chunks:?} at {i} {j}");
            }
        }
        assert_eq!(bits(&y.compute_in(&session).unwrap()), bits(&Tensor::from_ndarray(out)), "{chunks:?}");
    }
}

#[test]
fn memory_that_is_lent_is_not_in_the_budget() {
    let session = Session::new(config(2, 24 << 20));
    let x = arange(0.0, 8e6, 1.0, 1 << 17).unwrap().add(1.0).unwrap(); // 61 MiB
    assert_eq!(x.compute_in(&session).unwrap_err().kind(), ErrorKind::Budget);
    let mut out = ArrayD::<f64>::zeros(vec![8_000_000]);
    x.compute_into(&mut out.view_mut(), &session).unwrap();
    assert!(out.iter().zip(1..).all(|(&v, i)| v == f64::from(i)));
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    let session = Session::new(config(1, 64 << 20));
    let x = arange(0.0, 6.0, 1.0, 4).unwrap();
    let mut out = ArrayD::<f64>::from_elem(vec![7], -1.0);
    let e = x.compute_into(&mut out.view_mut(), &session).unwrap_err();
    assert!(e.to_string().contains("float64 [6] cannot be computed into one of float64 [7]"), "{e}");
    let mut floats = ArrayD::<f32>::zeros(vec![6]);
    let e = x.compute_into(&mut floats.view_mut(), &session).unwrap_err();
    assert!(e.to_string().contains("float64 [6] cannot be computed into one of float32 [6]"), "{e}");
    let e = x.extract(&x.greater(2.0).unwrap()).unwrap().compute_into(&mut out.view_mut(), &session).unwrap_err();
    assert!(e.to_string().contains("resolve()"), "{e}");
    assert!(out.iter().all(|&v| v == -1.0));
}

#[test]
fn complex_numbers_at_odd_addresses_are_computed_too() {
    let session = Session::new(config(2, 64 << 20));
    let x = from_ndarray(ArrayD::from_shape_fn(vec![40], |i| C128::new(i[0] as f64, -1.0)), 7).unwrap();
    let mut numbers = vec![C128::new(0.0, 0.0); 41];
    // One of the two begins at a multiple of 16.
    for from in 0..2 {
        let (_, odd, _) = unsafe { numbers.align_to_mut::<f64>() };
        let n = odd.len();
        let (_, part, _) = unsafe { odd[from..n - 2 + from].align_to_mut::<C128>() };
        let mut out = ndarray::ArrayViewMutD::from_shape(vec![40], &mut part[..40]).unwrap();
        x.add(&x).unwrap().compute_into(&mut out, &session).unwrap();
        assert!(out.iter().enumerate().all(|(i, v)| *v == C128::new(2.0 * i as f64, -2.0)));
    }
}
