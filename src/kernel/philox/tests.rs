//! Against NumPy, against exact quantiles, and runs against single elements.

use super::{below, fill_below, fill_normal, fill_raw, fill_uniform, normal, normal_from, raw, uniform};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use std::mem::MaybeUninit;

/// What a fill writes to `n` elements.
fn filled<T: Copy>(n: usize, fill: impl FnOnce(&mut [MaybeUninit<T>])) -> Vec<T> {
    let mut out = Vec::with_capacity(n);
    fill(&mut out.spare_capacity_mut()[..n]);
    // SAFETY: a fill writes all elements.
    unsafe { out.set_len(n) };
    out
}

/// Lines of the fixture that start with `kind`, as numbers.
fn reference(kind: &str) -> Vec<Vec<u64>> {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/philox/reference.txt"));
    let lines = text.lines().filter_map(|l| l.split_once(' ')).filter(|(k, _)| *k == kind);
    lines.map(|(_, l)| l.split(' ').map(|w| u64::from_str_radix(w, 16).unwrap()).collect()).collect()
}

#[test]
fn raw_values_are_numpys() {
    let rows = reference("raw");
    assert_eq!(rows.len(), 20);
    for row in rows {
        let (key, first) = ([row[0], row[1]], row[2]);
        for (i, &want) in row[3..].iter().enumerate() {
            assert_eq!(raw(first + i as u64, key), want, "element {first} + {i} for {key:?}");
        }
        let out = filled(row.len() - 3, |o| fill_raw(first, key, o));
        assert_eq!(out, row[3..]);
    }
}

#[test]
fn uniform_numbers_are_numpys() {
    let rows = reference("uniform");
    assert_eq!(rows.len(), 5);
    for row in rows {
        for (i, &want) in row[2..].iter().enumerate() {
            assert_eq!(uniform(i as u64, [row[0], row[1]]).to_bits(), want);
        }
    }
}

#[test]
fn normal_numbers_are_exact_quantiles() {
    let rows = reference("normal");
    assert!(rows.len() > 250);
    for row in rows {
        let (got, want) = (normal_from(row[0]), f64::from_bits(row[1]));
        assert!((got - want).abs() <= 1.5e-15 * want.abs(), "{:x} gives {got:e}, not {want:e}", row[0]);
    }
}

#[test]
fn normal_numbers_are_symmetric() {
    for n in 0..2000 {
        let r = raw(n, [4, 2]) >> (n % 50);
        assert_eq!(normal_from(r), -normal_from(!r));
    }
}

#[test]
fn moments() {
    let n = 1 << 18;
    let out = filled(n, |o| fill_normal(0, [3, 14], o));
    let power = |k: i32| out.iter().map(|x| x.powi(k)).sum::<f64>() / n as f64;
    // Five standard deviations of each mean.
    let error = 5.0 / (n as f64).sqrt();
    assert!(power(1).abs() < error);
    assert!((power(2) - 1.0).abs() < error * 2f64.sqrt());
    assert!(power(3).abs() < error * 15f64.sqrt());
    assert!((power(4) - 3.0).abs() < error * 96f64.sqrt());
}

#[test]
fn integers_cover_their_range_evenly() {
    let mut count = [0usize; 7];
    for n in 0..70_000 {
        count[below(n, [1, 2], 7) as usize] += 1;
    }
    assert!(count.iter().all(|&c| c.abs_diff(10_000) < 500), "{count:?}");
    // Of a raw value nothing is left out for a power of 2; two thirds of 2^64 is the worst there is without rejection.
    for n in 0..100 {
        assert_eq!(below(n, [5, 6], 0), raw(n, [5, 6]));
        assert_eq!(below(n, [5, 6], 1), 0);
        assert_eq!(below(n, [5, 6], 1 << 60), raw(n, [5, 6]) >> 4);
    }
    let two_thirds = (u64::MAX / 3) * 2;
    let low = (0..30_000).filter(|&n| below(n, [7, 8], two_thirds) < two_thirds / 2).count();
    assert!(low.abs_diff(15_000) < 450, "{low} of 30000 lie in the lower half");
}

#[test]
fn far_tails_in_runs() {
    // One element in 4e10 lies there, so the conversion is given raw values.
    let raw: Vec<u64> = (0..600).map(|i| if i % 7 == 3 { i << 12 } else { super::raw(i, [0, 0]) }).collect();
    let out = filled(raw.len(), |o| super::normals(&raw, o));
    for (&r, o) in raw.iter().zip(&out) {
        assert_eq!(o.to_bits(), normal_from(r).to_bits());
    }
    assert!(out.iter().any(|&x| x < -7.5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn runs_are_their_elements(first in any::<u64>(), near in 0u64..9, len in 0usize..1300, key in any::<[u64; 2]>(), low in any::<u64>(), high in any::<u64>()) {
        // Also at the very start and up to the very last element.
        for first in [near, first.min(u64::MAX - 1300), u64::MAX - (len as u64).saturating_sub(1)] {
            let numbers = || (0..len as u64).map(move |i| first.wrapping_add(i));
            let bits = filled(len, |o| fill_raw(first, key, o));
            prop_assert_eq!(&bits, &numbers().map(|n| raw(n, key)).collect::<Vec<_>>());
            let real = filled(len, |o| fill_uniform(first, key, o));
            prop_assert_eq!(&real, &numbers().map(|n| uniform(n, key)).collect::<Vec<_>>());
            let real = filled(len, |o| fill_normal(first, key, o));
            let exact = |x: f64| x.to_bits();
            prop_assert_eq!(real.iter().copied().map(exact).collect::<Vec<_>>(), numbers().map(|n| exact(normal(n, key))).collect::<Vec<_>>());
            let counts: Vec<u64> = (0..len as u64).map(|i| if i % 3 == 0 { low } else { high >> (i % 64) }).collect();
            let whole = filled(len, |o| fill_below(first, key, &counts, o));
            prop_assert_eq!(&whole, &numbers().zip(&counts).map(|(n, &c)| below(n, key, c)).collect::<Vec<_>>());
        }
    }
}
