use super::*;
use crate::base::Scalar;
use crate::chunk::Tensor;
use crate::kernel::compile::Compiled;
use crate::kernel::program::Builder;
use crate::kernel::run::Placement;

fn place<'a>(shape: &'a [usize], zeros: &'a [usize]) -> Placement<'a> {
    Placement { origin: zeros, shape, whole: shape }
}

#[test]
fn names_are_unique_and_found() {
    for (i, op) in ALL.iter().enumerate() {
        assert_eq!(find(op.name), Some(*op));
        assert!(!ALL[..i].contains(op), "{}", op.name);
        assert!(op.doc.ends_with('.'), "{}", op.name);
    }
    assert_eq!(find("frobnicate"), None);
}

#[test]
fn a_chain_over_a_transposed_input() {
    let x = Tensor::from_vec(&[30, 40], (0..1200).map(f64::from).collect()).unwrap();
    let mut b = Builder::new();
    let (u, v) = (b.input(DType::F64), b.input(DType::F64));
    let s = b.apply(&ADD, &[u, v]).unwrap();
    let one = b.constant(Scalar::F64(0.5), DType::F64);
    let t = b.apply(&MULTIPLY, &[s, one]).unwrap();
    let t = b.apply(&SIN, &[t]).unwrap();
    let c = Compiled::new(&b.finish(t)).unwrap();
    let y = Tensor::from_vec(&[40, 30], (0..1200).map(f64::from).collect()).unwrap().permute(&[1, 0]);
    let r = c.run(&[x.clone(), y.clone()], &place(&[30, 40], &[0, 0])).unwrap();
    for i in 0..30 {
        for j in 0..40 {
            let want = ((x.at(&[i, j]).as_f64() + y.at(&[i, j]).as_f64()) * 0.5).sin();
            assert!((r.at(&[i, j]).as_f64() - want).abs() < 1e-14);
        }
    }
}
