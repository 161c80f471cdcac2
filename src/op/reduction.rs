//! The reductions, one row each: NumPy's names, results and treatment of NaN and of nothing.
//!
//! `for_each_reduction!` hands all rows to a macro, from which methods, docs, wire names, sweeps and benchmarks are made.
//! Complex numbers are ordered by real, then by imaginary part; an extreme among which there is NaN is NaN in both parts.
//! Where NumPy only warns (the mean of nothing), nothing is said. Other than NumPy, `nanargmin` and `nanargmax` never give the
//! place of a NaN, also where the only numbers are infinite.

use crate::base::DType;
use crate::kernel::reduce::{Family, ReduceOp, ReduceRule, ReduceTags};

const NO_TAGS: ReduceTags = ReduceTags { non_empty: false, positional: false, ddof: false, skips_nan: false };

/// Calls `$callback!` with a list of `(method, STATIC, "doc")`, one for every reduction.
#[macro_export]
macro_rules! for_each_reduction {
    ($callback:path) => {
        $callback! {
            (sum, SUM, "Sum of the elements; integers and bool become 64 bits wide and wrap."),
            (prod, PROD, "Product of the elements; integers and bool become 64 bits wide and wrap."),
            (mean, MEAN, "Arithmetic mean, accumulated in float64."),
            (var, VAR, "Variance: mean squared distance from the mean, with the count lessened by `ddof`; of complex numbers a float."),
            (std, STD, "Standard deviation: the square root of the variance."),
            (min, MIN, "Smallest element, or NaN if there is one."),
            (max, MAX, "Largest element, or NaN if there is one."),
            (argmin, ARGMIN, "Position of the first smallest element (of the first NaN if there is one)."),
            (argmax, ARGMAX, "Position of the first largest element (of the first NaN if there is one)."),
            (any, ANY, "Whether an element is true (not zero)."),
            (all, ALL_OF, "Whether all elements are true (not zero)."),
            (count_nonzero, COUNT_NONZERO, "Number of elements that are not zero."),
            (nansum, NANSUM, "Sum of the elements that are not NaN."),
            (nanprod, NANPROD, "Product of the elements that are not NaN."),
            (nanmean, NANMEAN, "Mean of the elements that are not NaN, or NaN if there are none."),
            (nanvar, NANVAR, "Variance of the elements that are not NaN, or NaN if there are no more than `ddof`."),
            (nanstd, NANSTD, "Standard deviation of the elements that are not NaN."),
            (nanmin, NANMIN, "Smallest element that is not NaN, or NaN if there is none."),
            (nanmax, NANMAX, "Largest element that is not NaN, or NaN if there is none."),
            (nanargmin, NANARGMIN, "Position of the first smallest element that is not NaN; an error if there is none."),
            (nanargmax, NANARGMAX, "Position of the first largest element that is not NaN; an error if there is none."),
        }
    };
}

/// How the row of a name is computed: family, dtype rule, tags, cost in ns.
macro_rules! how {
    (sum) => {
        (Family::Sum, ReduceRule::Wide, NO_TAGS, 0.1)
    };
    (prod) => {
        (Family::Prod, ReduceRule::Wide, NO_TAGS, 0.15)
    };
    (mean) => {
        (Family::Mean, ReduceRule::Float, NO_TAGS, 0.1)
    };
    (var) => {
        (Family::Var, ReduceRule::FloatPart, ReduceTags { ddof: true, ..NO_TAGS }, 0.3)
    };
    (std) => {
        (Family::Std, ReduceRule::FloatPart, ReduceTags { ddof: true, ..NO_TAGS }, 0.3)
    };
    (min) => {
        (Family::Min, ReduceRule::Same, ReduceTags { non_empty: true, ..NO_TAGS }, 0.15)
    };
    (max) => {
        (Family::Max, ReduceRule::Same, ReduceTags { non_empty: true, ..NO_TAGS }, 0.15)
    };
    (argmin) => {
        (Family::ArgMin, ReduceRule::Fixed(DType::I64), ReduceTags { non_empty: true, positional: true, ..NO_TAGS }, 0.2)
    };
    (argmax) => {
        (Family::ArgMax, ReduceRule::Fixed(DType::I64), ReduceTags { non_empty: true, positional: true, ..NO_TAGS }, 0.2)
    };
    (any) => {
        (Family::Any, ReduceRule::Fixed(DType::Bool), NO_TAGS, 0.1)
    };
    (all) => {
        (Family::All, ReduceRule::Fixed(DType::Bool), NO_TAGS, 0.1)
    };
    (count_nonzero) => {
        (Family::Count, ReduceRule::Fixed(DType::I64), NO_TAGS, 0.2)
    };
    (nansum) => {
        skipping(how!(sum), 0.2)
    };
    (nanprod) => {
        skipping(how!(prod), 0.2)
    };
    (nanmean) => {
        skipping(how!(mean), 0.4)
    };
    (nanvar) => {
        skipping(how!(var), 0.5)
    };
    (nanstd) => {
        skipping(how!(std), 0.5)
    };
    (nanmin) => {
        skipping(how!(min), 0.2)
    };
    (nanmax) => {
        skipping(how!(max), 0.2)
    };
    (nanargmin) => {
        skipping(how!(argmin), 0.3)
    };
    (nanargmax) => {
        skipping(how!(argmax), 0.3)
    };
}

type How = (Family, ReduceRule, ReduceTags, f32);

const fn skipping(base: How, cost_ns: f32) -> How {
    let tags = ReduceTags { skips_nan: true, ..base.2 };
    (base.0, base.1, tags, cost_ns)
}

const fn row(name: &'static str, doc: &'static str, how: How) -> ReduceOp {
    ReduceOp { name, doc, family: how.0, rule: how.1, tags: how.2, cost_ns: how.3 }
}

macro_rules! rows {
    ($(($name:ident, $static:ident, $doc:literal)),* $(,)?) => {
        $(
            #[doc = $doc]
            pub static $static: ReduceOp = row(stringify!($name), $doc, how!($name));
        )*
        /// All reductions, in the order of the table.
        pub static ALL: &[&ReduceOp] = &[$(&$static),*];
    };
}
for_each_reduction!(rows);

/// The reduction of this name.
pub fn find(name: &str) -> Option<&'static ReduceOp> {
    ALL.iter().copied().find(|op| op.name == name)
}

#[cfg(test)]
mod tests {
    use super::{ALL, find};
    use crate::base::{DType, Element, Scalar};
    use crate::chunk::Tensor;
    use crate::for_dtype;
    use crate::kernel::reduce::Finish;

    fn dims(text: &str) -> Vec<usize> {
        text.split(',').filter(|s| !s.is_empty()).map(|s| s.parse().unwrap()).collect()
    }

    fn parse(text: &str, dtype: DType, shape: &[usize]) -> Tensor {
        let scalar = |w: &str| match dtype {
            d if d.is_float() => Scalar::F64(w.parse().unwrap()),
            DType::U64 => Scalar::U64(w.parse().unwrap()),
            _ => Scalar::I64(w.parse().unwrap()),
        };
        let v = text.split_ascii_whitespace().map(scalar);
        for_dtype!(dtype, T => Tensor::from_vec::<T>(shape, v.map(T::from_scalar).collect()).unwrap())
    }

    #[test]
    fn rows_agree_with_numpy() {
        let mut seen = std::collections::BTreeSet::new();
        for line in include_str!("../../tests/data/reduce/numpy.txt").lines().filter(|l| !l.contains("cum")) {
            let f: Vec<&str> = line.split('|').collect();
            let (op, dtype, shape, axes) = (find(f[0]).unwrap(), DType::parse(f[1]).unwrap(), dims(f[2]), dims(f[3]));
            seen.insert(op.name);
            let how = Finish { count: axes.iter().map(|&a| shape[a]).product(), ddof: f[4].parse().unwrap() };
            let origin = vec![0; shape.len()];
            let state = op.map_tensor(&parse(f[5], dtype, &shape), &axes, &origin, &shape);
            let result = state.and_then(|s| op.finish(dtype, &s, how));
            if f[8] == "error" {
                assert!(result.is_err(), "{line}");
                continue;
            }
            let (got, out) = (result.unwrap(), DType::parse(f[6]).unwrap());
            let want = parse(f[8], out, &dims(f[7]));
            assert_eq!((got.dtype(), got.dtype(), got.shape()), (out, op.result_dtype(dtype), want.shape()), "{line}");
            let tolerance = if out == DType::F32 { 1e-5 } else { 1e-12 };
            for_dtype!(out, T => for (&a, &b) in got.as_slice::<T>().unwrap().iter().zip(want.as_slice::<T>().unwrap()) {
                let (s, t): (Scalar, Scalar) = (a.into(), b.into());
                let (x, y) = (s.as_f64(), t.as_f64());
                let near = out.is_float() && ((x - y).abs() <= tolerance * y.abs().max(1e-6) || (x.is_nan() && y.is_nan()));
                assert!(s == t || near, "{s} is not {t}: {line}");
            });
        }
        assert_eq!(seen.len(), ALL.len());
        assert_eq!(seen.len(), 21);
    }
}
