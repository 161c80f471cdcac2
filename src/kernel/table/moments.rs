//! Counts, means and sums of products of groups, in one pass, as states that can be merged: what variances and correlations are made of.
//!
//! Values are added as Welford (1962) does, and states as Chan, Golub and LeVeque (1979) do; neither loses digits as sums of squares would.
//! Values that are all the same have exactly that mean and no variance.

use polars::prelude::{
    Column, DataType, Expr, Field, Float64Chunked, IdxSize, IntoColumn, NamedFrom, PlSmallStr, PolarsResult, Schema, Series,
    StructChunked,
};
use polars_plan::dsl::{AnonymousColumnsUdf, ColumnsUdf, LazySerde, SpecialEq};
use polars_plan::plans::AExpr;
use polars_plan::prelude::{FunctionFlags, FunctionOptions};
use std::any::Any;
use std::sync::{Arc, LazyLock};

/// The name that expressions of states go by.
const NAME: &str = "\u{1}moments";
/// Number of values.
pub const N: &str = "n";
/// The mean of the first and of the second value.
const MEANS: [&str; 2] = ["mean 0", "mean 1"];
/// Sums of squares of what values are off their means.
pub const SQUARES: [&str; 2] = ["squares 0", "squares 1"];
/// The sum of products of what the two values of a row are off their means.
pub const PRODUCTS: &str = "products";

/// Makes states of values, or of other states.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moments {
    Values,
    States,
}

/// The state of values: of one column, or of the rows of two that have both. They are Float64.
pub fn moments(of: Vec<Expr>) -> Expr {
    static VALUES: LazyLock<Arc<dyn AnonymousColumnsUdf>> = LazyLock::new(|| Arc::new(Moments::Values));
    expr(of, &VALUES)
}

/// The state of all values of which states tell.
pub fn merged(states: Expr) -> Expr {
    static STATES: LazyLock<Arc<dyn AnonymousColumnsUdf>> = LazyLock::new(|| Arc::new(Moments::States));
    expr(vec![states], &STATES)
}

/// One of the numbers of a state.
pub fn number(state: &Expr, name: &str) -> Expr {
    state.clone().struct_().field_by_name(name)
}

/// Of one function there is one value, so that equal expressions are found to be equal.
fn expr(input: Vec<Expr>, function: &Arc<dyn AnonymousColumnsUdf>) -> Expr {
    let options = FunctionOptions::groupwise().with_flags(|flags| flags | FunctionFlags::RETURNS_SCALAR);
    let function = LazySerde::Deserialized(SpecialEq::new(function.clone()));
    Expr::AnonymousFunction { input, function, options, fmt_str: Box::new(NAME.into()) }
}

impl ColumnsUdf for Moments {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn call_udf(&self, columns: &mut [Column]) -> PolarsResult<Column> {
        let columns: Vec<&Column> = columns.iter().collect();
        self.in_groups(&columns, &[], 1)
    }
}

impl AnonymousColumnsUdf for Moments {
    fn as_column_udf(self: Arc<Self>) -> Arc<dyn ColumnsUdf> {
        self
    }

    fn deep_clone(self: Arc<Self>) -> Arc<dyn AnonymousColumnsUdf> {
        self
    }

    fn get_field(&self, _: &Schema, fields: &[Field]) -> PolarsResult<Field> {
        let name = fields.first().map_or(PlSmallStr::EMPTY, |f| f.name.clone());
        Ok(match (self, fields) {
            (Moments::States, [states]) => states.clone(),
            (_, [_]) => Field::new(name, dtype::<1>()),
            _ => Field::new(name, dtype::<2>()),
        })
    }
}

impl Moments {
    /// What makes states, if an expression does.
    pub fn of(e: &AExpr) -> Option<Moments> {
        let AExpr::AnonymousFunction { function, fmt_str, .. } = e else { return None };
        // Others do not say what they are.
        if fmt_str.as_str() != NAME {
            return None;
        }
        let function = function.clone().materialize().ok()?;
        function.as_any().downcast_ref::<Moments>().copied()
    }

    /// The states of groups, of which there are `n_groups`; `of_rows` is the group of every row, nothing where there is one group.
    pub fn in_groups(&self, columns: &[&Column], of_rows: &[IdxSize], n_groups: usize) -> PolarsResult<Column> {
        match (self, columns) {
            (Moments::Values, [x]) => {
                let mut states = vec![State::<1>::default(); n_groups];
                rows([x.f64()?], of_rows, |group, x| states[group].add(x));
                written(&states)
            }
            (Moments::Values, [x, y]) => {
                let mut states = vec![State::<2>::default(); n_groups];
                rows([x.f64()?, y.f64()?], of_rows, |group, xy| states[group].add(xy));
                written(&states)
            }
            (Moments::States, [parts]) => {
                let fields = parts.struct_()?.fields_as_series();
                let fields = fields.iter().map(Series::f64).collect::<PolarsResult<Vec<_>>>()?;
                match fields[..] {
                    [n, mean, squares] => {
                        let mut states = vec![State::<1>::default(); n_groups];
                        rows([n, mean, squares], of_rows, |group, [n, mean, squares]| {
                            states[group].merge(&State { n, means: [mean], squares: [squares], products: squares });
                        });
                        written(&states)
                    }
                    [n, mx, my, xx, yy, products] => {
                        let mut states = vec![State::<2>::default(); n_groups];
                        rows([n, mx, my, xx, yy, products], of_rows, |group, [n, mx, my, xx, yy, products]| {
                            states[group].merge(&State { n, means: [mx, my], squares: [xx, yy], products });
                        });
                        written(&states)
                    }
                    _ => polars::prelude::polars_bail!(ComputeError: "moments of {} numbers", fields.len()),
                }
            }
            (Moments::Values | Moments::States, _) => {
                polars::prelude::polars_bail!(ComputeError: "moments of {} columns", columns.len())
            }
        }
    }
}

/// Every row that has all values, with its group.
fn rows<const W: usize>(columns: [&Float64Chunked; W], of_rows: &[IdxSize], mut each: impl FnMut(usize, [f64; W])) {
    let group = |row: usize| of_rows.get(row).map_or(0, |&g| g as usize);
    let plain: Vec<&[f64]> = columns.iter().filter_map(|c| c.cont_slice().ok()).collect();
    if let Ok(plain) = <[&[f64]; W]>::try_from(plain) {
        for row in 0..plain[0].len() {
            each(group(row), plain.map(|values| values[row]));
        }
        return;
    }
    let mut columns = columns.map(|c| c.iter());
    let mut row = 0;
    loop {
        let mut values = [0.0; W];
        let mut is_whole = true;
        for (value, column) in values.iter_mut().zip(&mut columns) {
            match column.next() {
                Some(Some(v)) => *value = v,
                Some(None) => is_whole = false,
                None => return,
            }
        }
        if is_whole {
            each(group(row), values);
        }
        row += 1;
    }
}

/// The state of rows of `V` values.
#[derive(Clone, Copy, Debug, PartialEq)]
struct State<const V: usize> {
    n: f64,
    means: [f64; V],
    squares: [f64; V],
    /// Of the first and the last value.
    products: f64,
}

impl<const V: usize> Default for State<V> {
    fn default() -> State<V> {
        State { n: 0.0, means: [0.0; V], squares: [0.0; V], products: 0.0 }
    }
}

impl<const V: usize> State<V> {
    fn add(&mut self, values: [f64; V]) {
        self.n += 1.0;
        let part = 1.0 / self.n;
        let (mut before, mut after) = ([0.0; V], [0.0; V]);
        for v in 0..V {
            before[v] = values[v] - self.means[v];
            self.means[v] += before[v] * part;
            after[v] = values[v] - self.means[v];
            self.squares[v] += before[v] * after[v];
        }
        self.products += before[0] * after[V - 1];
    }

    fn merge(&mut self, other: &State<V>) {
        if self.n == 0.0 {
            *self = *other;
            return;
        }
        if other.n == 0.0 {
            return;
        }
        let n = self.n + other.n;
        let (part, both) = (other.n / n, self.n * other.n / n);
        let off: [f64; V] = std::array::from_fn(|v| other.means[v] - self.means[v]);
        for (v, off) in off.iter().enumerate() {
            self.means[v] += off * part;
            self.squares[v] += other.squares[v] + off * off * both;
        }
        self.products += other.products + off[0] * off[V - 1] * both;
        self.n = n;
    }
}

fn names<const V: usize>() -> Vec<&'static str> {
    let products: &[&str] = if V > 1 { &[PRODUCTS] } else { &[] };
    [&[N][..], &MEANS[..V], &SQUARES[..V], products].concat()
}

fn dtype<const V: usize>() -> DataType {
    DataType::Struct(names::<V>().into_iter().map(|name| Field::new(name.into(), DataType::Float64)).collect())
}

/// States as a column.
fn written<const V: usize>(states: &[State<V>]) -> PolarsResult<Column> {
    let column = |number: &dyn Fn(&State<V>) -> f64| -> Vec<f64> { states.iter().map(number).collect() };
    let means = (0..V).map(|v| column(&|s| s.means[v]));
    let squares = (0..V).map(|v| column(&|s| s.squares[v]));
    // Names end before the products where these are squares.
    let columns = std::iter::once(column(&|s| s.n)).chain(means).chain(squares).chain([column(&|s| s.products)]);
    let fields: Vec<Series> = names::<V>().into_iter().zip(columns).map(|(name, c)| Series::new(name.into(), c)).collect();
    Ok(StructChunked::from_series(PlSmallStr::EMPTY, states.len(), fields.iter())?.into_column())
}

#[cfg(test)]
mod tests {
    use super::State;

    fn of<const V: usize>(rows: &[[f64; V]]) -> State<V> {
        let mut state = State::default();
        rows.iter().for_each(|&row| state.add(row));
        state
    }

    #[test]
    fn states_of_parts_merge_to_that_of_the_whole() {
        let rows: Vec<[f64; 2]> = (0..100).map(|i| [1e9 + f64::from(i % 7), 1e-3 * f64::from(i * i % 11)]).collect();
        let whole = of(&rows);
        for cut in [0, 1, 50, 99, 100] {
            let mut merged = of(&rows[..cut]);
            merged.merge(&of(&rows[cut..]));
            assert_eq!(merged.n, whole.n);
            for (a, b) in [
                (merged.means[0], whole.means[0]),
                (merged.squares[0], whole.squares[0]),
                (merged.squares[1], whole.squares[1]),
                (merged.products, whole.products),
            ] {
                assert!((a - b).abs() <= 1e-6 * b.abs().max(1e-9), "{cut}: {a} {b}");
            }
        }
    }

    #[test]
    fn equal_values_have_their_mean_and_no_variance() {
        let mut state = of(&[[0.1]; 3]);
        state.merge(&of(&[[0.1]; 5]));
        assert_eq!(state, State { n: 8.0, means: [0.1], squares: [0.0], products: 0.0 });
    }
}
