//! The cumulative operations, one row each; `for_each_scan!` hands all rows to a macro.

use crate::kernel::scan::{Running, ScanOp};

/// Calls `$callback!` with a list of `(method, STATIC, "doc", what is carried, skips NaN)`, one for every cumulative operation.
#[macro_export]
macro_rules! for_each_scan {
    ($callback:path) => {
        $callback! {
            (cumsum, CUMSUM, "Cumulative sum along an axis; integers and bool become 64 bits wide and wrap.", Sum, false),
            (cumprod, CUMPROD, "Cumulative product along an axis; integers and bool become 64 bits wide and wrap.", Prod, false),
            (nancumsum, NANCUMSUM, "Cumulative sum along an axis, NaN counting as 0.", Sum, true),
            (nancumprod, NANCUMPROD, "Cumulative product along an axis, NaN counting as 1.", Prod, true),
            (cummax, CUMMAX, "Largest element so far along an axis, NaN from the first NaN on; NumPy's `maximum.accumulate`.", Max, false),
            (cummin, CUMMIN, "Smallest element so far along an axis, NaN from the first NaN on; NumPy's `minimum.accumulate`.", Min, false),
            (ffill, FFILL, "The element, or where it is NaN the last one before it along an axis that is not; xarray's `ffill`.", Last, false),
        }
    };
}

macro_rules! rows {
    ($(($name:ident, $static:ident, $doc:literal, $running:ident, $skips_nan:literal)),* $(,)?) => {
        $(
            #[doc = $doc]
            pub static $static: ScanOp = ScanOp {
                name: stringify!($name),
                doc: $doc,
                running: Running::$running,
                skips_nan: $skips_nan,
                cost_ns: 1.0,
            };
        )*
        /// All cumulative operations, in the order of the table.
        pub static ALL: &[&ScanOp] = &[$(&$static),*];
    };
}
for_each_scan!(rows);

/// The cumulative operation of this name.
pub fn find(name: &str) -> Option<&'static ScanOp> {
    ALL.iter().copied().find(|op| op.name == name)
}

#[cfg(test)]
mod tests {
    use super::{ALL, CUMSUM, Running, find};
    use crate::base::{Axis, AxisSlice, DType, Element, Scalar};
    use crate::chunk::Tensor;
    use crate::for_dtype;

    fn parse(text: &str, dtype: DType, shape: &[usize]) -> Tensor {
        let scalar = |w: &str| match dtype {
            d if d.is_float() => Scalar::F64(w.parse().unwrap()),
            DType::U64 => Scalar::U64(w.parse().unwrap()),
            _ => Scalar::I64(w.parse().unwrap()),
        };
        let v = text.split_ascii_whitespace().map(scalar);
        for_dtype!(dtype, T => Tensor::from_vec::<T>(shape, v.map(T::from_scalar).collect()).unwrap())
    }

    fn dims(text: &str) -> Vec<usize> {
        text.split(',').filter(|s| !s.is_empty()).map(|s| s.parse().unwrap()).collect()
    }

    #[test]
    fn agrees_with_numpy_in_chunks() {
        let mut seen = std::collections::BTreeSet::new();
        for line in include_str!("../../tests/data/reduce/numpy.txt").lines().filter(|l| l.contains("cum")) {
            let f: Vec<&str> = line.split('|').collect();
            let (op, shape, axis) = (find(f[0]).unwrap(), dims(f[2]), dims(f[3])[0]);
            let t = parse(f[5], DType::parse(f[1]).unwrap(), &shape);
            let expected = parse(f[8], DType::parse(f[6]).unwrap(), &shape);
            seen.insert(op.name);
            for size in [1, 2, 7, 100] {
                let cuts = Axis::regular(shape[axis], size);
                let mut carry: Option<Tensor> = None;
                for i in 0..cuts.n_chunks() {
                    let r = cuts.range(i);
                    let s = AxisSlice { start: r.start, step: 1, len: r.len() };
                    let got = op.scan(&t.slice_axis(axis, s), axis, carry.as_ref()).unwrap();
                    carry = op.carry(&got, axis);
                    check(&got, &expected.slice_axis(axis, s), line);
                }
            }
        }
        let of_numpy = ALL.iter().filter(|op| matches!(op.running, Running::Sum | Running::Prod));
        assert_eq!(seen.len(), of_numpy.count());
    }

    /// The same bits, but for float32, which NumPy accumulates in float32.
    fn check(got: &Tensor, want: &Tensor, line: &str) {
        assert_eq!((got.dtype(), got.shape()), (want.dtype(), want.shape()), "{line}");
        for_dtype!(got.dtype(), T => {
            let (a, b) = (got.contiguous(), want.contiguous());
            for (&x, &y) in a.as_slice::<T>().unwrap().iter().zip(b.as_slice::<T>().unwrap()) {
                let (s, t): (Scalar, Scalar) = (x.into(), y.into());
                let (s64, t64) = (s.as_f64(), t.as_f64());
                let near = got.dtype() == DType::F32 && (s64 - t64).abs() <= 1e-5 * s64.abs().max(10.0);
                assert!(s == t || near || (s64.is_nan() && t64.is_nan()), "{s} is not {t}: {line}");
            }
        });
    }

    #[test]
    fn misuse_is_told() {
        let t = Tensor::from_vec(&[2, 3], vec![1.0; 6]).unwrap();
        assert!(CUMSUM.scan(&t, 2, None).is_err());
        assert!(CUMSUM.scan(&t, 0, Some(&t)).is_err());
        let int = Tensor::from_vec(&[1, 3], vec![1i64; 3]).unwrap();
        assert!(CUMSUM.scan(&t, 0, Some(&int)).is_err());
        let empty = Tensor::from_vec::<f64>(&[0, 3], vec![]).unwrap();
        assert!(CUMSUM.carry(&CUMSUM.scan(&empty, 0, None).unwrap(), 0).is_none());
    }
}
