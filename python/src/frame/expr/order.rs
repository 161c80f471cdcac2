//! Order, places, selections and repetitions of values.

use crate::error::Out;
use crate::frame::choice::{Flags, Mapping, Ranking, Side};
use crate::frame::dtype::refused;
use crate::frame::expr::{Col, Cols, Lit, PyExpr, all_of, example, plain, predicates};
use polars::prelude::{
    DataType, ExplodeOptions, Expr, RankMethod, RankOptions, SearchSortedSide, SortMultipleOptions, SortOptions, WindowMapping, lit,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Bound, PyResult};
use pyo3::pymethods;
use pyo3::types::{PyDict, PyTuple};

plain! { PyExpr, "";
    reverse: "The values from last to first.", "[1, 2]" => "[2, 1]", Expr::reverse;
    arg_unique: "Where the first of each value stands.", "[5, 5, 7]" => "[0, 2]", Expr::arg_unique;
    unique_counts: "How often each value is there, in order of the first.", "[5, 5, 7]" => "[2, 1]", Expr::unique_counts;
    rle_id: "The number of the run of equal values that each value is in.", "[5, 5, 7]" => "[0, 0, 1]", Expr::rle_id;
    rle: "Runs of equal values: their lengths and values.", "[5, 5, 7]" => "[{'len': 2, 'value': 5}, {'len': 1, 'value': 7}]", Expr::rle;
    peak_min: "Whether values are less than both neighbours.", "[3, 1, 2]" => "[False, True, False]", Expr::peak_min;
    peak_max: "Whether values are greater than both neighbours.", "[1, 3, 2]" => "[False, True, False]", Expr::peak_max;
    arg_true: "Where values are true.", "[False, True]" => "[1]", polars_plan::prelude::arg_where;
    rechunk: "The same values, in one piece.", "[1]" => "[1]", Expr::rechunk;
}

/// How several columns are sorted.
pub fn sorting(n: usize, descending: &Flags, nulls_last: &Flags, maintain_order: bool) -> PyResult<SortMultipleOptions> {
    Ok(SortMultipleOptions {
        descending: descending.of(n, "descending")?,
        nulls_last: nulls_last.of(n, "nulls_last")?,
        multithreaded: true,
        maintain_order,
        limit: None,
    })
}

#[pymethods]
impl PyExpr {
    #[doc = concat!("The values sorted.\n\nParameters\n----------\ndescending : bool\nnulls_last : bool\n    Whether nulls come last, not first.", example!("[2, None, 1]", "sort(nulls_last=True)", "[1, 2, None]"))]
    #[pyo3(signature = (*, descending=false, nulls_last=false))]
    fn sort(&self, descending: bool, nulls_last: bool) -> PyExpr {
        self.0.clone().sort(SortOptions { descending, nulls_last, ..Default::default() }).into()
    }

    #[doc = concat!("The values in the order of other columns.\n\nParameters\n----------\nby, *more_by : expressions or names\ndescending, nulls_last : bool, or one for each column\nmaintain_order : bool\n    Whether values of equal keys stay in their order.", example!("[1, 2, 3]", "sort_by(-tf.col('a'))", "[3, 2, 1]"))]
    #[pyo3(signature = (by, *more_by, descending=Flags(vec![false]), nulls_last=Flags(vec![false]), multithreaded=true, maintain_order=false))]
    fn sort_by(
        &self,
        by: Cols,
        more_by: Vec<Col>,
        descending: Flags,
        nulls_last: Flags,
        multithreaded: bool,
        maintain_order: bool,
    ) -> PyResult<PyExpr> {
        let _ = multithreaded;
        let mut by = by.0;
        by.extend(more_by.into_iter().map(|c| c.0));
        let options = sorting(by.len(), &descending, &nulls_last, maintain_order)?;
        Ok(self.0.clone().sort_by(by, options).into())
    }

    #[doc = concat!("Where the values would come from if they were sorted.", example!("[3, 1, 2]", "arg_sort()", "[1, 2, 0]"))]
    #[pyo3(signature = (*, descending=false, nulls_last=false))]
    fn arg_sort(&self, descending: bool, nulls_last: bool) -> PyExpr {
        self.0.clone().arg_sort(descending, nulls_last).into()
    }

    #[doc = concat!("Ranks, from 1.\n\nParameters\n----------\nmethod : {'average', 'min', 'max', 'dense', 'ordinal', 'random'}\n    What equal values get.\ndescending : bool\n    Whether the greatest is first.\nseed : int, optional\n    Of the method 'random'.", example!("[3, 6, 3]", "rank('min')", "[1, 3, 1]"))]
    #[pyo3(signature = (method=Ranking(RankMethod::Average), *, descending=false, seed=None))]
    fn rank(&self, method: Ranking, descending: bool, seed: Option<u64>) -> PyExpr {
        self.0.clone().rank(RankOptions { method: method.0, descending }, seed).into()
    }

    #[doc = concat!("The ``k`` greatest values.", example!("[3, 1, 2]", "top_k(2).sort()", "[2, 3]"))]
    #[pyo3(signature = (k=Col(lit(5))))]
    fn top_k(&self, k: Col) -> PyExpr {
        self.0.clone().top_k(k.0).into()
    }

    #[doc = concat!("The ``k`` least values.", example!("[3, 1, 2]", "bottom_k(2).sort()", "[1, 2]"))]
    #[pyo3(signature = (k=Col(lit(5))))]
    fn bottom_k(&self, k: Col) -> PyExpr {
        self.0.clone().bottom_k(k.0).into()
    }

    #[doc = concat!("The values where other columns are greatest.", example!("[3, 1, 2]", "top_k_by('a', 1)", "[3]"))]
    #[pyo3(signature = (by, k=Col(lit(5)), *, reverse=Flags(vec![false])))]
    fn top_k_by(&self, by: Cols, k: Col, reverse: Flags) -> PyResult<PyExpr> {
        let flags = reverse.of(by.0.len(), "reverse")?;
        Ok(self.0.clone().top_k_by(k.0, by.0, flags).into())
    }

    #[doc = concat!("The values where other columns are least.", example!("[3, 1, 2]", "bottom_k_by('a', 1)", "[1]"))]
    #[pyo3(signature = (by, k=Col(lit(5)), *, reverse=Flags(vec![false])))]
    fn bottom_k_by(&self, by: Cols, k: Col, reverse: Flags) -> PyResult<PyExpr> {
        let flags = reverse.of(by.0.len(), "reverse")?;
        Ok(self.0.clone().bottom_k_by(k.0, by.0, flags).into())
    }

    #[doc = concat!("Different values.\n\nParameters\n----------\nmaintain_order : bool\n    Whether they come in order of the first of each.", example!("[2, 1, 2]", "unique(maintain_order=True)", "[2, 1]"))]
    #[pyo3(signature = (*, maintain_order=false))]
    fn unique(&self, maintain_order: bool) -> PyExpr {
        let e = self.0.clone();
        if maintain_order { e.unique_stable() } else { e.unique() }.into()
    }

    #[doc = concat!("The values that are there most often.", example!("[1, 2, 2]", "mode()", "[2]"))]
    #[pyo3(signature = (*, maintain_order=false))]
    fn mode(&self, maintain_order: bool) -> PyExpr {
        self.0.clone().mode(maintain_order).into()
    }

    #[doc = concat!("Different values and how often each is there, as structs.\n\nParameters\n----------\nsort : bool\n    Whether the most frequent come first.\nname : str, optional\n    Of the counts: 'count', or 'proportion'.\nnormalize : bool\n    Whether shares are given, not counts.", example!("['x', 'y', 'x']", "value_counts(sort=True)", "[{'a': 'x', 'count': 2}, {'a': 'y', 'count': 1}]"))]
    #[pyo3(signature = (*, sort=false, parallel=false, name=None, normalize=false))]
    fn value_counts(&self, sort: bool, parallel: bool, name: Option<&str>, normalize: bool) -> PyExpr {
        let name = name.unwrap_or(if normalize { "proportion" } else { "count" });
        self.0.clone().value_counts(sort, parallel, name, normalize).into()
    }

    #[doc = concat!("The values ``n`` rows further down.\n\nParameters\n----------\nn : int or expression\n    Less than 0 is up.\nfill_value : expression or value, optional\n    What comes in; null by default.", example!("[1, 2, 3]", "shift(1, fill_value=0)", "[0, 1, 2]"))]
    #[pyo3(signature = (n=Col(lit(1)), *, fill_value=None))]
    fn shift(&self, n: Col, fill_value: Option<Lit>) -> PyExpr {
        match fill_value {
            Some(v) => self.0.clone().shift_and_fill(n.0, v.0),
            None => self.0.clone().shift(n.0),
        }
        .into()
    }

    #[doc = concat!("The values where conditions hold.", example!("[1, 2, 3]", "filter(tf.col('a') > 1)", "[2, 3]"))]
    #[pyo3(name = "filter", signature = (*predicates, **constraints))]
    fn filtered(&self, predicates: &Bound<'_, PyTuple>, constraints: Option<&Bound<'_, PyDict>>) -> PyResult<PyExpr> {
        let condition = all_of(self::predicates(predicates, constraints)?)?;
        Ok(self.0.clone().filter(condition).into())
    }

    #[doc = concat!("``length`` values from ``offset`` on, which is counted from the end if it is negative.", example!("[1, 2, 3]", "slice(1, 1)", "[2]"))]
    #[pyo3(signature = (offset, length=None))]
    fn slice(&self, offset: Col, length: Option<Col>) -> PyExpr {
        let length = length.map_or_else(|| lit(polars::prelude::IdxSize::MAX), |l| l.0);
        self.0.clone().slice(offset.0, length).into()
    }

    #[doc = concat!("The first ``n`` values.", example!("[1, 2, 3]", "head(2)", "[1, 2]"))]
    #[pyo3(signature = (n=Col(lit(10))))]
    fn head(&self, n: Col) -> PyExpr {
        self.0.clone().slice(lit(0), n.0).into()
    }

    #[doc = concat!("The first ``n`` values: another name of :meth:`head`.", example!("[1, 2, 3]", "limit(2)", "[1, 2]"))]
    #[pyo3(signature = (n=Col(lit(10))))]
    fn limit(&self, n: Col) -> PyExpr {
        self.head(n)
    }

    #[doc = concat!("The last ``n`` values.", example!("[1, 2, 3]", "tail(2)", "[2, 3]"))]
    #[pyo3(signature = (n=Col(lit(10))))]
    fn tail(&self, n: Col) -> PyExpr {
        let offset = -n.0.clone().strict_cast(DataType::Int64);
        self.0.clone().slice(offset, n.0).into()
    }

    #[doc = concat!("The values at some places.\n\nParameters\n----------\nindices : expression, or a sequence of int\nnull_on_oob : bool\n    Whether places that are not there give null, not an error.", example!("[5, 6, 7]", "gather([2, 0])", "[7, 5]"))]
    #[pyo3(signature = (indices, *, null_on_oob=false))]
    fn gather(&self, indices: &Bound<'_, pyo3::PyAny>, null_on_oob: bool) -> PyResult<PyExpr> {
        use pyo3::prelude::PyAnyMethods;
        let indices = match indices.extract::<Vec<i64>>() {
            Ok(places) if !indices.is_instance_of::<PyExpr>() => lit(polars::prelude::Series::from_iter(places)),
            _ => indices.extract::<Col>()?.0,
        };
        Ok(self.0.clone().gather(indices, null_on_oob).into())
    }

    #[doc = concat!("The value at one place.", example!("[5, 6, 7]", "get(1)", "[6]"))]
    #[pyo3(signature = (index, *, null_on_oob=false))]
    fn get(&self, index: Col, null_on_oob: bool) -> PyExpr {
        self.0.clone().get(index.0, null_on_oob).into()
    }

    #[doc = concat!("Every ``n``-th value.", example!("[1, 2, 3]", "gather_every(2)", "[1, 3]"))]
    #[pyo3(signature = (n, offset=0))]
    fn gather_every(&self, n: usize, offset: usize) -> PyResult<PyExpr> {
        if n == 0 {
            return Err(PyValueError::new_err("n is at least 1"));
        }
        Ok(self.0.clone().gather_every(n, offset).into())
    }

    #[doc = concat!("Values of lists, one below the other.\n\nParameters\n----------\nempty_as_null, keep_nulls : bool\n    Whether an empty list, a null, gives one null.", example!("[[1, 2], [3]]", "explode()", "[1, 2, 3]"))]
    #[pyo3(signature = (*, empty_as_null=false, keep_nulls=true))]
    fn explode(&self, empty_as_null: bool, keep_nulls: bool) -> PyExpr {
        self.0.clone().explode(ExplodeOptions { empty_as_null, keep_nulls }).into()
    }

    #[doc = concat!("Values of lists, one below the other: another name of :meth:`explode`.", example!("[[1, 2], [3]]", "flatten()", "[1, 2, 3]"))]
    fn flatten(&self) -> PyExpr {
        self.explode(false, true)
    }

    #[doc = concat!("Each value several times, as a list.", example!("[1, 2]", "repeat_by('a')", "[[1], [2, 2]]"))]
    fn repeat_by(&self, by: Col) -> PyExpr {
        self.0.clone().repeat_by(by.0).into()
    }

    #[doc = concat!("The values, and those of another below.", example!("[1, 2]", "append(3)", "[1, 2, 3]"))]
    #[pyo3(signature = (other, *, upcast=true))]
    fn append(&self, other: Col, upcast: bool) -> PyExpr {
        self.0.clone().append(other.0, upcast).into()
    }

    #[doc = concat!("The values, and ``n`` times a value below.", example!("[1]", "extend_constant(9, 2)", "[1, 9, 9]"))]
    fn extend_constant(&self, value: Lit, n: Col) -> PyExpr {
        self.0.clone().extend_constant(value.0, n.0).into()
    }

    #[doc = concat!("Where values would go into sorted ones.\n\nParameters\n----------\nelement : expression or value\nside : {'any', 'left', 'right'}\n    On which side of equal ones.\ndescending : bool\n    Whether the sorted ones are.", example!("[1, 3, 5]", "search_sorted(4)", "[2]"))]
    #[pyo3(signature = (element, side=Side(SearchSortedSide::Any), *, descending=false))]
    fn search_sorted(&self, element: Lit, side: Side, descending: bool) -> PyExpr {
        self.0.clone().search_sorted(element.0, side.0, descending).into()
    }

    /// The values in random order.
    ///
    /// Parameters
    /// ----------
    /// seed : int, optional
    ///     The same seed gives the same order.
    #[pyo3(signature = (seed=None))]
    fn shuffle(&self, seed: Option<u64>) -> PyExpr {
        self.0.clone().shuffle(seed).into()
    }

    /// Some of the values at random.
    ///
    /// Parameters
    /// ----------
    /// n : int, optional
    ///     How many.
    /// fraction : float, optional
    ///     Or which share of them.
    /// with_replacement : bool
    /// shuffle : bool
    ///     Whether they lose their order.
    /// seed : int, optional
    #[pyo3(signature = (n=None, *, fraction=None, with_replacement=false, shuffle=false, seed=None))]
    fn sample(
        &self,
        n: Option<Col>,
        fraction: Option<Col>,
        with_replacement: bool,
        shuffle: bool,
        seed: Option<u64>,
    ) -> PyResult<PyExpr> {
        let e = self.0.clone();
        let shuffle = Some(shuffle);
        match (n, fraction) {
            (Some(_), Some(_)) => Err(PyValueError::new_err("give n or a fraction, not both")),
            (_, Some(f)) => Ok(e.sample_frac(f.0, with_replacement, shuffle, seed).into()),
            (n, None) => Ok(e.sample_n(n.map_or_else(|| lit(1), |n| n.0), with_replacement, shuffle, seed).into()),
        }
    }

    #[doc = concat!("The expression in each group by itself, its values beside the rows of the group.\n\nParameters\n----------\npartition_by, *more_exprs : expressions or names, optional\n    Groups are rows that are equal in these.\norder_by : expressions or names, optional\n    How rows of a group are ordered.\ndescending, nulls_last : bool\n    Of that order.\nmapping_strategy : {'group_to_rows', 'join', 'explode'}\n    What becomes of results that are not one for each row.", example!("[1, 1, 2]", "sum().over('a')", "[2, 2, 2]"))]
    #[pyo3(signature = (partition_by=None, *more_exprs, order_by=None, descending=false, nulls_last=false, mapping_strategy=Mapping(WindowMapping::GroupsToRows)))]
    fn over(
        &self,
        partition_by: Option<Cols>,
        more_exprs: Vec<Col>,
        order_by: Option<Cols>,
        descending: bool,
        nulls_last: bool,
        mapping_strategy: Mapping,
    ) -> Out<PyExpr> {
        let mut by = partition_by.map(|c| c.0).unwrap_or_default();
        by.extend(more_exprs.into_iter().map(|c| c.0));
        if by.is_empty() && order_by.is_none() {
            return Err(PyTypeError::new_err("over needs columns to group or to order by").into());
        }
        let by = (!by.is_empty()).then_some(by);
        let options = SortOptions { descending, nulls_last, maintain_order: true, ..Default::default() };
        let order = order_by.map(|o| (o.0, options));
        Ok(self.0.clone().over_with_options(by, order, mapping_strategy.0).map_err(refused)?.into())
    }
}
