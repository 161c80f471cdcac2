//! A join with a table that is in memory: every partition of the other side looks up its rows' matches.

use crate::base::Result;
use crate::chunk::dataframe::{apart, table_error};
use crate::chunk::table_bytes::table_bytes;
use crate::kernel::table::dense::KeySet;
use crate::kernel::table::lookup::{Lookup, Matches, gather, gather_or_null};
use crate::op::table::key::keys;
use crate::spill::pool::Share;
use polars::prelude::{Column, DataFrame, Expr, IdxSize, PlSmallStr, PolarsResult};
use std::sync::Arc;

/// What becomes of rows of the side that looks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// A row for every match.
    Inner,
    /// A row for every match, and rows without any, with nulls for the other side.
    Left,
    /// A row for every match, and rows of either side without any, with nulls for the other; those of the side that is looked up last.
    Full,
    /// Rows that have a match.
    Semi,
    /// Rows that have none.
    Anti,
}

/// How one side of a join looks up the other.
#[derive(Clone, Debug)]
pub struct Side {
    /// What becomes of its rows.
    pub how: Match,
    /// Its keys.
    pub passing_on: Vec<Expr>,
    /// Keys of the side that is looked up.
    pub built_on: Vec<Expr>,
    /// Whether null is equal to null.
    pub nulls_equal: bool,
    /// Columns that matches contribute, and their names in the result.
    pub payload: Vec<(PlSmallStr, PlSmallStr)>,
    /// Columns of the passing side that have another name in the result.
    pub renamed: Vec<(PlSmallStr, PlSmallStr)>,
    /// Columns of the result that stand for keys of both sides, and what rows of the side that is looked up have in them.
    pub shared: Vec<(PlSmallStr, Expr)>,
    /// Columns of the result.
    pub columns: Vec<PlSmallStr>,
}

impl Side {
    /// Whether rows that look up only stay or go.
    pub fn filters(&self) -> bool {
        matches!(self.how, Match::Semi | Match::Anti)
    }
}

/// The side that is in memory, ready to be looked up.
#[derive(Debug)]
pub struct Probe {
    side: Side,
    lookup: Lookup,
    payload: DataFrame,
    /// What rows without a match have in the columns that stand for keys of both sides.
    shared: DataFrame,
    _room: Share,
}

impl Probe {
    /// The rows of `table`, ready to be looked up; they are counted in `room`.
    ///
    /// # Errors
    /// Keys that cannot be compared.
    pub fn new(side: &Side, table: &DataFrame, room: Share) -> Result<Probe> {
        let of = keys(table, &side.built_on)?;
        let lookup = match side.how {
            // Of rows that only have to be there, one of each is enough.
            _ if side.filters() => Lookup::of_distinct(&of, side.nulls_equal)?,
            _ => Lookup::new(&of, side.nulls_equal),
        };
        let mut payload = table.select(side.payload.iter().map(|(n, _)| n.clone())).map_err(table_error)?;
        let new: Vec<PlSmallStr> = side.payload.iter().map(|(_, n)| n.clone()).collect();
        payload.set_column_names(&new).map_err(table_error)?;
        let mut shared = DataFrame::empty();
        if side.how == Match::Full {
            let (names, of): (Vec<PlSmallStr>, Vec<Expr>) = side.shared.iter().cloned().unzip();
            shared = keys(table, &of)?;
            shared.set_column_names(&names).map_err(table_error)?;
        }
        Ok(Probe { side: side.clone(), lookup, payload, shared, _room: room })
    }

    /// A set of keys, for rows that only have to be there; it is counted in `room`.
    pub fn of_set(side: &Side, keys: Arc<KeySet>, room: Share) -> Probe {
        let (payload, shared) = (DataFrame::empty(), DataFrame::empty());
        Probe { side: side.clone(), lookup: Lookup::of_set(keys), payload, shared, _room: room }
    }

    /// What becomes of rows that look up.
    pub fn how(&self) -> Match {
        self.side.how
    }

    /// Columns that matches contribute.
    pub fn payload(&self) -> &DataFrame {
        &self.payload
    }

    /// Whether a column of the result is one of the rows that look up.
    pub fn hands_on(&self, name: &PlSmallStr) -> bool {
        let side = &self.side;
        side.columns.contains(name)
            && !side.payload.iter().any(|(_, new)| new == name)
            && !side.renamed.iter().any(|(_, new)| new == name)
    }

    /// Rows that come of one at most, of the `table` that this was made of.
    ///
    /// # Errors
    /// The keys' own.
    pub fn most_matches(&self, table: &DataFrame) -> Result<u64> {
        if self.side.filters() {
            return Ok(1);
        }
        Ok(self.lookup.most_matches(&keys(table, &self.side.built_on)?)?.max(1))
    }

    /// Bytes of what matches contribute, in memory.
    pub fn payload_bytes(&self) -> u64 {
        table_bytes(&self.payload)
    }

    /// The keys of rows that look up.
    ///
    /// # Errors
    /// The keys' own.
    pub fn keys(&self, rows: &DataFrame) -> Result<DataFrame> {
        keys(rows, &self.side.passing_on)
    }

    /// The matches of rows with these keys, in lists as [`Lookup::lists`] makes them.
    pub fn lists<'a>(&'a self, keys: &'a DataFrame, limit: usize) -> impl Iterator<Item = Matches> + 'a {
        self.lookup.lists(keys, self.keeps_unmatched(), limit)
    }

    fn keeps_unmatched(&self) -> bool {
        matches!(self.side.how, Match::Left | Match::Full)
    }

    /// The join of a partition.
    ///
    /// # Errors
    /// The keys' own.
    pub fn run(&self, rows: &DataFrame) -> Result<DataFrame> {
        let m = self.lookup.matches(&self.keys(rows)?, self.keeps_unmatched());
        self.joined(rows, &m.rows, &m.built)
    }

    /// The rows of a partition that are `matched`, and what they have found in `built`. Of a full join, rows that nobody looked up may be at
    /// the end.
    ///
    /// # Errors
    /// A bug: columns that are not there.
    pub fn joined(&self, rows: &DataFrame, matched: &[IdxSize], built: &[IdxSize]) -> Result<DataFrame> {
        if self.side.filters() {
            let mut has = vec![false; rows.height()];
            matched.iter().for_each(|&r| has[r as usize] = true);
            let want = self.side.how == Match::Semi;
            let kept: Vec<IdxSize> = (0..rows.height() as IdxSize).filter(|&r| has[r as usize] == want).collect();
            return Ok(apart(|| gather(rows, &kept)));
        }
        let n_asked = matched.partition_point(|&row| row != IdxSize::MAX);
        let (asked, rest) = built.split_at(n_asked);
        apart(|| {
            let joined = self.beside(gather(rows, &matched[..n_asked]), asked)?;
            if rest.is_empty() {
                return Ok(joined);
            }
            let of_keys = gather(&self.shared, rest);
            let column = |c: &Column| match of_keys.column(c.name()) {
                Ok(key) => key.cast(c.dtype()),
                Err(_) => Ok(Column::full_null(c.name().clone(), rest.len(), c.dtype())),
            };
            let nobody = DataFrame::new(rest.len(), rows.columns().iter().map(column).collect::<PolarsResult<_>>()?)?;
            joined.vstack(&self.beside(nobody, rest)?)
        })
        .map_err(table_error)
    }

    /// Rows with what they have found.
    fn beside(&self, mut rows: DataFrame, built: &[IdxSize]) -> PolarsResult<DataFrame> {
        for (old, new) in &self.side.renamed {
            rows.rename(old, new.clone())?;
        }
        let matched = gather_or_null(&self.payload, built);
        let columns = rows.columns().iter().chain(matched.columns()).cloned().collect();
        DataFrame::new(built.len(), columns)?.select(self.side.columns.iter().cloned())
    }
}
