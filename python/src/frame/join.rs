//! Steps of a query that bring tables together.

use crate::error::{Out, value};
use crate::frame::Frame;
use crate::frame::choice::{Nearest, Order, Validation, coalesced, duration_text};
use crate::frame::expr::{Cols, expressions, literal};
use crate::frame::query::checked;
use polars::prelude::Expr;
use polars::prelude::{
    AsOfOptions, HConcatOptions, JoinArgs, JoinType, LazyFrame, PlSmallStr, Scalar, UnionArgs, concat as stacked,
    concat_lf_diagonal, concat_lf_horizontal,
};
use polars_plan::plans::LiteralValue;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyRef, PyResult, Python};
use pyo3::types::{PyDelta, PyString, PyTuple};
use pyo3::{pyfunction, pymethods};

fn join_type(how: &str) -> PyResult<JoinType> {
    Ok(match how {
        "inner" => JoinType::Inner,
        "left" => JoinType::Left,
        "right" => JoinType::Right,
        "full" | "outer" => JoinType::Full,
        "semi" => JoinType::Semi,
        "anti" => JoinType::Anti,
        "cross" => JoinType::Cross,
        _ => {
            let all = "'inner', 'left', 'right', 'full', 'semi', 'anti', 'cross'";
            return Err(PyValueError::new_err(format!("'{how}' is no kind of join: there are {all}")));
        }
    })
}

/// How far an asof join looks: a length of time as text, or a number.
fn tolerance(given: Option<&Bound<'_, PyAny>>) -> PyResult<(Option<Scalar>, Option<PlSmallStr>)> {
    let Some(given) = given else { return Ok((None, None)) };
    if given.is_instance_of::<PyString>() || given.is_instance_of::<PyDelta>() {
        return Ok((None, Some(duration_text(given)?.into())));
    }
    match literal(given)? {
        Expr::Literal(LiteralValue::Scalar(s)) => Ok((Some(s), None)),
        Expr::Literal(v) => match v.to_any_value() {
            Some(v) => Ok((Some(Scalar::new(v.dtype(), v.into_static())), None)),
            None => Err(PyTypeError::new_err("a tolerance is a number, or a length of time")),
        },
        _ => Err(PyTypeError::new_err("a tolerance is a number, or a length of time")),
    }
}

fn names(names: Option<Vec<String>>) -> Option<Vec<PlSmallStr>> {
    names.map(|n| n.into_iter().map(Into::into).collect())
}

#[pymethods]
impl Frame {
    #[pyo3(signature = (other, left_on, right_on, how, suffix, validate, nulls_equal, coalesce, maintain_order))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn join(
        &self,
        py: Python<'_>,
        other: PyRef<'_, Frame>,
        left_on: Cols,
        right_on: Cols,
        how: &str,
        suffix: &str,
        validate: Validation,
        nulls_equal: bool,
        coalesce: Option<bool>,
        maintain_order: Order,
    ) -> Out<Frame> {
        let how = join_type(how)?;
        let (left, right) = (self.query.lazy(), other.query.lazy());
        let args = JoinArgs {
            how,
            validation: validate.0,
            suffix: Some(suffix.into()),
            nulls_equal,
            coalesce: coalesced(coalesce),
            maintain_order: maintain_order.0,
            ..Default::default()
        };
        checked(py, &[self, &other], move || {
            Ok(match args.how {
                JoinType::Cross => left.cross_join(right, args.suffix),
                _ => left.join(right, left_on.0, right_on.0, args),
            })
        })
    }

    #[pyo3(signature = (other, left_on, right_on, left_by, right_by, strategy, suffix, tolerance, coalesce, allow_eq, check_sortedness))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn join_asof(
        &self,
        py: Python<'_>,
        other: PyRef<'_, Frame>,
        left_on: Cols,
        right_on: Cols,
        left_by: Option<Vec<String>>,
        right_by: Option<Vec<String>>,
        strategy: Nearest,
        suffix: &str,
        tolerance: Option<&Bound<'_, PyAny>>,
        coalesce: bool,
        allow_eq: bool,
        check_sortedness: bool,
    ) -> Out<Frame> {
        let (tolerance, tolerance_str) = self::tolerance(tolerance)?;
        let options = AsOfOptions {
            strategy: strategy.0,
            tolerance,
            tolerance_str,
            left_by: names(left_by),
            right_by: names(right_by),
            allow_eq,
            check_sortedness,
        };
        let (left, right) = (self.query.lazy(), other.query.lazy());
        let suffix = PlSmallStr::from(suffix);
        checked(py, &[self, &other], move || {
            let join = left.join_builder().with(right).left_on(left_on.0).right_on(right_on.0);
            let join = join.how(JoinType::AsOf(Box::new(options))).suffix(suffix).coalesce(coalesced(Some(coalesce)));
            Ok(join.finish())
        })
    }

    fn join_where(&self, py: Python<'_>, other: PyRef<'_, Frame>, predicates: &Bound<'_, PyTuple>, suffix: &str) -> Out<Frame> {
        let predicates = expressions(predicates, None)?;
        let (left, right) = (self.query.lazy(), other.query.lazy());
        let suffix = PlSmallStr::from(suffix);
        checked(py, &[self, &other], move || Ok(left.join_builder().with(right).suffix(suffix).join_where(predicates)))
    }
}

/// Tables one below the other, or side by side.
#[pyfunction]
pub fn concat_frames(py: Python<'_>, frames: Vec<PyRef<'_, Frame>>, how: &str, strict: bool) -> Out<Frame> {
    let queries: Vec<LazyFrame> = frames.iter().map(|f| f.query.lazy()).collect();
    let inputs: Vec<&Frame> = frames.iter().map(|f| &**f).collect();
    let union = UnionArgs { maintain_order: true, ..Default::default() };
    let relaxed = UnionArgs { to_supertypes: true, ..union };
    match how {
        "vertical" => checked(py, &inputs, move || stacked(queries, union)),
        "vertical_relaxed" => checked(py, &inputs, move || stacked(queries, relaxed)),
        "diagonal" => checked(py, &inputs, move || concat_lf_diagonal(queries, union)),
        "diagonal_relaxed" => checked(py, &inputs, move || concat_lf_diagonal(queries, relaxed)),
        "horizontal" => {
            let options = HConcatOptions { strict, ..Default::default() };
            checked(py, &inputs, move || concat_lf_horizontal(queries, options))
        }
        _ => {
            let all = "'vertical', 'vertical_relaxed', 'diagonal', 'diagonal_relaxed', 'horizontal'";
            Err(value(format!("'{how}' is no way to concatenate: there are {all}")))
        }
    }
}
