//! Tests of hypotheses: SciPy's statistics and p-values in every cut, and the same bits in every run.

use super::material::{bits, oracle, refused, run};
use super::statistics::{Params, Reference};
use tilework::array::stats::{self, Alternative, Test};
use tilework::array::{DynArray, arange, from_ndarray};
use tilework::format::registry::Registry;
use tilework::plan::codec::{decode, encode};
use tilework::{DType, Result};

fn side(text: &str) -> Alternative {
    match text {
        "two-sided" => Alternative::TwoSided,
        "less" => Alternative::Less,
        _ => Alternative::Greater,
    }
}

fn call(name: &str, p: &Params, a: &[DynArray]) -> Result<Vec<DynArray>> {
    let axis = |i: usize| (p.0[i] != "-").then(|| p.int(i));
    let both = |t: Test| vec![t.statistic, t.pvalue];
    Ok(match name {
        "ttest_1samp" => both(stats::ttest_1samp(&a[0], p.float(0).unwrap(), axis(1), side(p.0[2]))?),
        "ttest_rel" => both(stats::ttest_rel(&a[0], &a[1], axis(0), side(p.0[1]))?),
        "ttest_ind" => both(stats::ttest_ind(&a[0], &a[1], axis(0), p.on(1), side(p.0[2]))?),
        "skewtest" => both(stats::skewtest(&a[0], axis(0), side(p.0[1]))?),
        "kurtosistest" => both(stats::kurtosistest(&a[0], axis(0), side(p.0[1]))?),
        "normaltest" => both(stats::normaltest(&a[0], axis(0))?),
        "skew" => vec![stats::skew(&a[0], axis(0), p.on(1))?],
        "kurtosis" => vec![stats::kurtosis(&a[0], axis(0), p.on(1), p.on(2))?],
        "f_oneway" => both(stats::f_oneway(&a.iter().collect::<Vec<_>>(), axis(0))?),
        "chisquare" => both(stats::chisquare(&a[0], a.get(1), p.int(0) as usize, axis(1))?),
        "power_divergence" => both(stats::power_divergence(&a[0], a.get(1), p.int(0) as usize, axis(1), p.float(2).unwrap())?),
        other => panic!("unknown call {other}"),
    })
}

#[test]
fn scipy_agrees_in_every_cut() {
    let float64 = |name: &str, p: &Params, a: &[DynArray]| {
        let results = call(name, p, a)?;
        assert!(results.iter().all(|x| x.dtype() == DType::F64), "{name}: not as declared");
        Ok(results)
    };
    let text = include_str!("../data/stats/scipy.txt");
    let seen = Reference { text, batch: 40, cuts: &[4, 1000], edges: |_, _| false }.agrees(float64);
    assert_eq!(seen.len(), 11, "{seen:?}");
}

#[test]
fn tests_cross_the_wire() {
    let (a, b) = (arange(0.0, 30.0, 1.0, 7).unwrap(), arange(0.0, 9.0, 1.0, 4).unwrap());
    let made = [
        stats::ttest_ind(&a, &b, None, false, Alternative::Less).unwrap().pvalue,
        stats::normaltest(&a, None).unwrap().pvalue,
        stats::f_oneway(&[&a, &b], Some(0)).unwrap().pvalue,
        stats::skewtest(&a, Some(0), Alternative::Greater).unwrap().pvalue,
    ];
    for x in made {
        let back = decode(&encode(&[x.expr().clone()]).unwrap(), &Registry::builtin()).unwrap();
        assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&run(&oracle(), x.expr()).unwrap()));
    }
}

#[test]
fn means_may_be_arrays() {
    let x = arange(0.0, 12.0, 1.0, 5).unwrap().reshape(&[3, 4]).unwrap();
    let means = from_ndarray(ndarray::array![4.0, 5.0, 6.0, 0.0].into_dyn(), 3).unwrap();
    let t = stats::ttest_1samp(&x, &means, Some(0), Alternative::TwoSided).unwrap();
    let p = t.pvalue.compute_as::<f64>().unwrap();
    assert_eq!((p[[0]], p[[1]], p[[2]]), (1.0, 1.0, 1.0));
    assert!((p[[3]] - 0.093_783_110_795_58).abs() < 1e-12, "{p}");
}

#[test]
fn misuse_is_told_at_the_call() {
    let x = arange(0.0, 6.0, 1.0, 4).unwrap();
    let two = x.reshape(&[2, 3]).unwrap();
    let z = x.astype(DType::C128).unwrap();
    let p = |t: Result<Test>| t.map(|t| t.pvalue);
    refused(p(stats::ttest_1samp(&x, 0.0, Some(1), Alternative::Less)), &["ttest_1samp", "axis 1"]);
    refused(p(stats::ttest_1samp(&z, 0.0, Some(0), Alternative::Less)), &["ttest_1samp", "complex128"]);
    refused(
        p(stats::ttest_ind(&two, &two.reshape(&[3, 2]).unwrap(), Some(0), true, Alternative::Less)),
        &["ttest_ind", "broadcast"],
    );
    refused(p(stats::ttest_rel(&x, &two, None, Alternative::Less)), &["ttest_rel", "[2, 3]"]);
    refused(p(stats::ttest_rel(&z, &z, None, Alternative::Less)), &["ttest_rel", "complex128"]);
    refused(p(stats::f_oneway(&[&x], Some(0))), &["f_oneway", "1 samples"]);
    refused(p(stats::chisquare(&z, None, 0, None)), &["chisquare", "complex128"]);
    refused(p(stats::power_divergence(&x, Some(&z), 0, None, 0.0)), &["power_divergence", "complex128"]);
    refused(stats::skew(&x, Some(3), true), &["skew", "axis 3"]);
    refused(stats::kurtosis(&z, None, true, true), &["kurtosis", "complex128"]);
    let unknown = x.extract(&x.greater(2.0).unwrap()).unwrap();
    refused(p(stats::normaltest(&unknown, Some(0))), &["normaltest", "resolve"]);
}
