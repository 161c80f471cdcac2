//! Which rows of a table in memory are matched by any of another: for semi and anti joins whose left side is the smaller one.

use crate::base::Result;
use crate::chunk::dataframe::{apart, table_error};
use crate::kernel::table::lookup::{Lookup, gather};
use crate::op::table::key::keys;
use crate::spill::pool::Share;
use polars::prelude::{Column, DataFrame, Expr, IdxSize, NamedFrom, Series, UniqueKeepStrategy};

/// The column that numbers of matched rows are in.
pub const MATCHED: &str = "\u{1}matched";

/// Looks for matches among the rows of a table.
#[derive(Debug)]
pub struct Find {
    /// Keys of the rows that look.
    on: Vec<Expr>,
    lookup: Lookup,
    n_rows: usize,
    /// Whether rows of the table have equal keys.
    repeats: bool,
    _room: Share,
}

impl Find {
    /// Rows with keys `on` look for the rows of `table`, whose keys are `built_on`. What that takes is counted in `room`.
    ///
    /// # Errors
    /// Keys that cannot be compared.
    pub fn new(on: Vec<Expr>, table: &DataFrame, built_on: &[Expr], nulls_equal: bool, room: Share) -> Result<Find> {
        let of = keys(table, built_on)?;
        let lookup = Lookup::new(&of, nulls_equal);
        let repeats = lookup.most_matches(&of)? > 1;
        Ok(Find { on, lookup, n_rows: table.height(), repeats, _room: room })
    }

    /// The numbers of the table's rows that any of these rows match, rising.
    ///
    /// # Errors
    /// The keys' own.
    pub fn run(&self, rows: &DataFrame) -> Result<DataFrame> {
        let mut found = vec![false; self.n_rows];
        let mut keys = keys(rows, &self.on)?;
        if self.repeats {
            // Each key once, or there would be a match for every pair of equal rows: now no more than the table has rows.
            keys = apart(|| keys.unique_impl(false, None, UniqueKeepStrategy::Any, None)).map_err(table_error)?;
        }
        self.lookup.matches(&keys, false).built.iter().for_each(|&b| found[b as usize] = true);
        let numbers: Vec<IdxSize> = (0..self.n_rows as IdxSize).filter(|&i| found[i as usize]).collect();
        DataFrame::new(numbers.len(), vec![Column::from(Series::new(MATCHED.into(), numbers))]).map_err(table_error)
    }
}

/// Which rows of a table are kept.
#[derive(Debug)]
pub struct Marks {
    keep: Vec<bool>,
    /// Number of the first row of every partition.
    firsts: Vec<usize>,
}

impl Marks {
    /// Marks of a table in partitions of `sizes` rows: those whose number is in `matched`, or the others.
    ///
    /// # Errors
    /// A bug: numbers of another type.
    pub fn new(sizes: &[u64], matched: &DataFrame, keep_matched: bool) -> Result<Marks> {
        let n: u64 = sizes.iter().sum();
        let mut keep = vec![!keep_matched; n as usize];
        for i in matched.column(MATCHED).and_then(|c| c.idx()).map_err(table_error)?.iter().flatten() {
            keep[i as usize] = keep_matched;
        }
        let firsts = sizes.iter().scan(0, |first, &n| Some(std::mem::replace(first, *first + n as usize))).collect();
        Ok(Marks { keep, firsts })
    }

    /// The kept rows of partition `index`.
    pub fn run(&self, index: usize, rows: &DataFrame) -> DataFrame {
        let first = self.firsts.get(index).copied().unwrap_or(0);
        let kept: Vec<IdxSize> = (0..rows.height()).filter(|r| self.keep[first + r]).map(|r| r as IdxSize).collect();
        gather(rows, &kept)
    }
}
