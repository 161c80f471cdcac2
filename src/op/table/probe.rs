//! A join with a table that is in memory: every partition of the other side looks up its rows' matches.

use crate::base::Result;
use crate::chunk::dataframe::{apart, column_bytes, table_bytes, table_error};
use crate::chunk::table_bound::varies;
use crate::kernel::table::dense::KeySet;
use crate::kernel::table::lookup::{Lookup, Matches, gather, gather_or_null};
use crate::op::table::key::keys;
use crate::spill::pool::Share;
use polars::prelude::{Column, DataFrame, Expr, IdxSize, PlSmallStr};
use std::sync::Arc;

/// What becomes of rows of the side that looks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// A row for every match.
    Inner,
    /// A row for every match, and rows without any, with nulls for the other side.
    Left,
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
            Match::Inner | Match::Left => Lookup::new(&of, side.nulls_equal),
            // Of rows that only have to be there, one of each is enough.
            Match::Semi | Match::Anti => Lookup::of_distinct(&of, side.nulls_equal)?,
        };
        let mut payload = table.select(side.payload.iter().map(|(n, _)| n.clone())).map_err(table_error)?;
        let new: Vec<PlSmallStr> = side.payload.iter().map(|(_, n)| n.clone()).collect();
        payload.set_column_names(&new).map_err(table_error)?;
        Ok(Probe { side: side.clone(), lookup, payload, _room: room })
    }

    /// A set of keys, for rows that only have to be there; it is counted in `room`.
    pub fn of_set(side: &Side, keys: Arc<KeySet>, room: Share) -> Probe {
        Probe { side: side.clone(), lookup: Lookup::of_set(keys), payload: DataFrame::empty(), _room: room }
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
        match self.side.how {
            Match::Inner | Match::Left => Ok(self.lookup.most_matches(&keys(table, &self.side.built_on)?)?.max(1)),
            Match::Semi | Match::Anti => Ok(1),
        }
    }

    /// Bytes of what matches contribute, in memory.
    pub fn payload_bytes(&self) -> u64 {
        table_bytes(&self.payload)
    }

    /// Bytes of the longest string or list that a match contributes.
    pub fn longest_value(&self) -> u64 {
        longest_value(&self.payload)
    }

    /// The matches of a partition's rows.
    ///
    /// # Errors
    /// The keys' own.
    pub fn matches(&self, rows: &DataFrame) -> Result<Matches> {
        Ok(self.lookup.matches(&keys(rows, &self.side.passing_on)?, self.side.how == Match::Left))
    }

    /// The join of a partition.
    ///
    /// # Errors
    /// The keys' own.
    pub fn run(&self, rows: &DataFrame) -> Result<DataFrame> {
        let m = self.matches(rows)?;
        self.joined(rows, &m)
    }

    /// The rows of a partition and their matches.
    ///
    /// # Errors
    /// A bug: columns that are not there.
    pub fn joined(&self, rows: &DataFrame, m: &Matches) -> Result<DataFrame> {
        match self.side.how {
            Match::Inner | Match::Left => apart(|| {
                let mut out = gather(rows, &m.rows);
                for (old, new) in &self.side.renamed {
                    out.rename(old, new.clone())?;
                }
                let matched = gather_or_null(&self.payload, &m.built);
                let columns = out.columns().iter().chain(matched.columns()).cloned().collect();
                DataFrame::new(m.rows.len(), columns)?.select(self.side.columns.iter().cloned())
            })
            .map_err(table_error),
            Match::Semi | Match::Anti => {
                let mut has = vec![false; rows.height()];
                m.rows.iter().for_each(|&r| has[r as usize] = true);
                let want = self.side.how == Match::Semi;
                let kept: Vec<IdxSize> = (0..rows.height() as IdxSize).filter(|&r| has[r as usize] == want).collect();
                Ok(apart(|| gather(rows, &kept)))
            }
        }
    }
}

/// Bytes of the longest string or list of a table.
pub fn longest_value(of: &DataFrame) -> u64 {
    let longest = |c: &Column| match c.str() {
        Ok(s) => s.iter().flatten().map(str::len).max().unwrap_or(0) as u64,
        Err(_) if varies(c.dtype()) => column_bytes(c),
        Err(_) => 0,
    };
    of.columns().iter().map(longest).max().unwrap_or(0)
}
