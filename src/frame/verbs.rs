//! Further methods of frames, under Polars' names.

use crate::base::Result;
use crate::frame::lazy::Frame;
use polars::prelude::{
    DataFrame, DynamicGroupOptions, ExplodeOptions, Expr, IdxSize, PlSmallStr, RollingGroupOptions, Selector, UnpivotArgsDSL,
    by_name, col, lit,
};
use std::sync::Arc;

/// These columns, all of which have to be there.
fn selected<S: Into<PlSmallStr>>(columns: impl IntoIterator<Item = S>) -> Selector {
    by_name(columns, true, false)
}

impl Frame {
    /// The first `n` rows.
    #[must_use]
    pub fn head(&self, n: IdxSize) -> Frame {
        self.limit(n)
    }

    /// Without these columns.
    #[must_use]
    pub fn drop<S: Into<PlSmallStr>>(&self, columns: impl IntoIterator<Item = S>) -> Frame {
        self.with(|q| q.drop(selected(columns)))
    }

    /// Columns under other names: pairs of an old and a new name.
    #[must_use]
    pub fn rename<'a>(&self, names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Frame {
        let (old, new): (Vec<&str>, Vec<&str>) = names.into_iter().unzip();
        self.with(|q| q.rename(old, new, true))
    }

    /// Rows without nulls in these columns, or (None) in any.
    #[must_use]
    pub fn drop_nulls<S: Into<PlSmallStr>>(&self, columns: Option<impl IntoIterator<Item = S>>) -> Frame {
        self.with(|q| q.drop_nulls(columns.map(selected)))
    }

    /// `value` in place of nulls.
    #[must_use]
    pub fn fill_null(&self, value: impl Into<Expr>) -> Frame {
        self.with(|q| q.fill_null(value))
    }

    /// `value` in place of NaN.
    #[must_use]
    pub fn fill_nan(&self, value: impl Into<Expr>) -> Frame {
        self.with(|q| q.fill_nan(value))
    }

    /// A first column of rows' numbers, from `offset` on.
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, df};
    /// use tilework::frame::frame;
    /// let flights = frame(df!("origin" => ["JFK", "EWR"])?.lazy());
    /// assert_eq!(flights.with_row_index("row", 1).collect()?, df!("row" => [1u32, 2], "origin" => ["JFK", "EWR"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_row_index(&self, name: impl Into<PlSmallStr>, offset: IdxSize) -> Frame {
        self.with(|q| q.with_row_index(name, Some(offset)))
    }

    /// A row for every element of the lists in these columns. An empty list and a null become a row with null.
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, col, df};
    /// use tilework::frame::frame;
    /// let flights = frame(df!("origin" => ["JFK", "EWR", "JFK"], "delay" => [4, 1, 8])?.lazy());
    /// let lists = flights.group_by([col("origin")]).agg([col("delay")]);
    /// assert_eq!(lists.explode(["delay"]).collect()?, df!("origin" => ["JFK", "JFK", "EWR"], "delay" => [4, 8, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn explode<S: Into<PlSmallStr>>(&self, columns: impl IntoIterator<Item = S>) -> Frame {
        self.with(|q| q.explode(selected(columns), ExplodeOptions { empty_as_null: true, keep_nulls: true }))
    }

    /// The fields of structs in these columns as columns of their own.
    #[must_use]
    pub fn unnest<S: Into<PlSmallStr>>(&self, columns: impl IntoIterator<Item = S>) -> Frame {
        self.with(|q| q.unnest(selected(columns), None))
    }

    /// From wide to long: a row for every value in the columns `on`, with the column's name and the value beside the columns `index`. Rows
    /// of the first column come first.
    #[must_use]
    pub fn unpivot<S: Into<PlSmallStr>>(&self, on: impl IntoIterator<Item = S>, index: impl IntoIterator<Item = S>) -> Frame {
        let args = UnpivotArgsDSL { on: Some(selected(on)), index: selected(index), variable_name: None, value_name: None };
        self.with(|q| q.unpivot(args))
    }

    /// From long to wide: a row for every value of `index`, with a column for every value in `on_values` of the column `on`, which has what
    /// `agg` makes of `values` there (of `element()`).
    ///
    /// # Errors
    /// Columns that are not there.
    pub fn pivot<S: Into<PlSmallStr>>(
        &self,
        on: impl Into<PlSmallStr>,
        on_values: &DataFrame,
        index: impl IntoIterator<Item = S>,
        values: impl IntoIterator<Item = S>,
        agg: Expr,
    ) -> Result<Frame> {
        let (index, values) = (selected(index), selected(values));
        let naming = polars_core::frame::PivotColumnNaming::Auto;
        let pivoted =
            self.with(|q| q.pivot(selected([on]), Arc::new(on_values.clone()), index, values, agg, true, "_".into(), naming));
        pivoted.schema()?;
        Ok(pivoted)
    }

    /// How often each value of a column is there, most often first; equal counts in order of their first row.
    #[must_use]
    pub fn value_counts(&self, column: &str) -> Frame {
        let order = polars::prelude::SortMultipleOptions::default().with_order_descending(true);
        self.group_by([col(column)]).agg([polars::prelude::len().alias("count")]).sort([col("count")], order)
    }

    /// Aggregates windows of an ordered column (`index`), in groups of equal `keys`; `options` say how long windows are and how far apart.
    #[must_use]
    pub fn group_by_dynamic(
        &self,
        index: Expr,
        keys: impl AsRef<[Expr]>,
        options: DynamicGroupOptions,
        aggs: impl AsRef<[Expr]>,
    ) -> Frame {
        self.with(|q| q.group_by_dynamic(index, keys, options).agg(aggs))
    }

    /// Aggregates, for every row, the window of an ordered column (`index`) that ends with it, in groups of equal `keys`.
    #[must_use]
    pub fn rolling(&self, index: Expr, keys: impl AsRef<[Expr]>, options: RollingGroupOptions, aggs: impl AsRef<[Expr]>) -> Frame {
        self.with(|q| q.rolling(index, keys, options).agg(aggs))
    }

    /// Rows taken by chance: each with the probability `fraction`, told by `seed` and the row's number alone, so that they are the same for
    /// any partitions.
    ///
    /// # Errors
    /// A fraction that is no probability.
    pub fn sample(&self, fraction: f64, seed: u64) -> Result<Frame> {
        if !(0.0..=1.0).contains(&fraction) {
            return Err(crate::base::Error::usage(format!("a fraction of {fraction} of the rows: it is from 0 to 1")));
        }
        let number = "\u{1}row";
        // The product overflows only beyond the largest number of a row.
        let most = (fraction * u64::MAX as f64) as u64;
        let hash = col(number).cast(polars::prelude::DataType::UInt64).hash(seed, 1, 2, 3);
        let kept = if fraction < 1.0 { hash.lt(lit(most)) } else { lit(true) };
        Ok(self.with(|q| q.with_row_index(number, None).filter(kept).drop(selected([number]))))
    }

    /// Statistics of every column: how many values and nulls there are, and of numbers mean, standard deviation, least and largest.
    ///
    /// # Errors
    /// What the query asks for wrongly.
    pub fn describe(&self) -> Result<Frame> {
        use polars::prelude::{DataType, NULL};
        let schema = self.schema()?;
        let text = |e: Expr| e.cast(DataType::String);
        type Statistic = fn(Expr) -> Expr;
        let statistics: [(&str, Statistic, bool); 6] = [
            ("count", |c| c.count(), false),
            ("null_count", |c| c.null_count(), false),
            ("mean", |c| c.mean(), true),
            ("std", |c| c.std(1), true),
            ("min", |c| c.min(), true),
            ("max", |c| c.max(), true),
        ];
        let rows = statistics.map(|(name, of, numbers_only)| {
            let value = |(n, d): (&PlSmallStr, &DataType)| {
                let known = !numbers_only || d.is_primitive_numeric();
                let value = if known { of(col(n.clone())) } else { lit(NULL) };
                if d.is_primitive_numeric() { value.cast(DataType::Float64) } else { text(value) }.alias(n.clone())
            };
            let columns = std::iter::once(lit(name).alias("statistic")).chain(schema.iter().map(value));
            self.with(|q| q.select(columns.collect::<Vec<_>>()))
        });
        Frame::concat(&rows)
    }
}
