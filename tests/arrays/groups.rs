//! Reductions of groups along an axis, against ndarray's of the same elements.

use super::material::{Noise, cut, near, refused, same_everywhere, scalars, shape, whole};
use ndarray::{ArrayD, Axis};
use tilework::array::{DynArray, from_ndarray};
use tilework::op::reduction::{MAX, MEAN, MIN, SUM};

#[test]
fn groups_are_reduced_as_if_each_were_alone() {
    let mut noise = Noise(99);
    for case in 0..40 {
        let mut shape = shape(&mut noise, 3000);
        if shape.is_empty() {
            shape.push(5);
        }
        let axis = noise.below(shape.len());
        let n_groups = 1 + noise.below(6);
        let labels: Vec<usize> = (0..shape[axis]).map(|_| noise.below(n_groups)).collect();
        let x = ArrayD::from_shape_simple_fn(shape.clone(), || (noise.unit() * 1000.0).round());
        let lazy = from_ndarray(x.clone(), cut(&mut noise, &shape)).unwrap();
        let axis_name = if case % 2 == 0 { axis as isize } else { axis as isize - shape.len() as isize };
        for op in [&SUM, &MEAN] {
            let y = lazy.group_reduce(op, axis_name, &labels, n_groups).unwrap();
            let got = same_everywhere(y.expr(), &format!("case {case}: {shape:?}, axis {axis}, {labels:?}")).unwrap();
            let mut want_shape = shape.clone();
            want_shape[axis] = n_groups;
            assert_eq!(got.shape(), want_shape);
            let mut want = ArrayD::<f64>::zeros(want_shape);
            for g in 0..n_groups {
                let members: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] == g).collect();
                let sum = x.select(Axis(axis), &members).sum_axis(Axis(axis));
                let by = if op.name == "mean" { members.len() as f64 } else { 1.0 };
                want.index_axis_mut(Axis(axis), g).assign(&(sum / by));
            }
            assert_eq!(whole(&got).len(), want.len());
            for (g, w) in scalars(&got).iter().zip(&want) {
                assert!(near(g.as_f64(), *w, 1e-12, 1000.0), "case {case}: {g} is not {w}");
            }
        }
    }
}

#[test]
fn wrong_labels_are_refused() {
    let x: DynArray = from_ndarray(ndarray::Array2::<f64>::zeros((4, 3)).into_dyn(), 2).unwrap();
    refused(x.group_reduce(&MAX, 0, &[0, 1, 2], 3), &["group_reduce", "3 labels of 3 groups", "length 4"]);
    refused(x.group_reduce(&MAX, 1, &[0, 1, 5], 3), &["group_reduce", "labels[2] is 5", "3 groups"]);
    refused(x.group_reduce(&MAX, 2, &[0], 1), &["group_reduce", "axis 2"]);
    refused(x.group_reduce(&MIN, 0, &[0; 4], 0), &["group_reduce", "0 groups"]);
    refused(x.group_reduce(&MIN, 0, &[0, 0, 2, 2], 3), &["group_reduce"]);
}
