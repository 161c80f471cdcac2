//! Matches of equal keys: a hash table made once of one side's keys, looked up by any number of partitions of the other side.
//!
//! The table is Polars' own, with its meaning of equality (NaN equals NaN, 0.0 equals -0.0). Matches come in order of the rows that look
//! up, and for each of these in order of the rows that were built from, so that nothing depends on the hashes.

use crate::base::Result;
use crate::chunk::dataframe::{apart, table_error};
use polars::polars_utils::aliases::PlRandomState;
use polars::prelude::{DataFrame, IdxCa, IdxSize, NullableIdxSize};
use polars_expr::hash_keys::HashKeys;
use polars_expr::idx_table::{IdxTable, new_idx_table};

/// Bytes that the table takes per row beside the key itself: the key's place, its hash, the list of its rows.
const ROW_BYTES: u64 = 64;

/// A hash table of keys.
pub struct Lookup {
    table: Box<dyn IdxTable>,
    state: PlRandomState,
    nulls_equal: bool,
    most_matches: u64,
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lookup({} keys)", self.table.num_keys())
    }
}

/// Rows that match: `built[i]` (none where nothing matches) belongs to `rows[i]`.
#[derive(Debug, Default)]
pub struct Matches {
    /// Rows of the table that the lookup was made of.
    pub built: Vec<IdxSize>,
    /// Rows that looked up, rising.
    pub rows: Vec<IdxSize>,
}

fn every(n: usize) -> Vec<IdxSize> {
    (0..n as IdxSize).collect()
}

impl Lookup {
    /// A table of these keys: one row of columns per key. Null equals null only if `nulls_equal`.
    ///
    /// # Errors
    /// What Polars cannot compare.
    pub fn new(keys: &DataFrame, nulls_equal: bool) -> Result<Lookup> {
        let state = PlRandomState::default();
        let mut table = new_idx_table(keys.schema().clone());
        let hashed = HashKeys::from_df(keys, state.clone(), nulls_equal, false);
        // SAFETY: these are the rows of the keys.
        unsafe { table.insert_keys_subset(&hashed, &every(keys.height()), false) };
        let distinct = table.num_keys() as usize == keys.height();
        let most_matches = if distinct { 1 } else { most_equal(keys)? };
        Ok(Lookup { table, state, nulls_equal, most_matches })
    }

    /// Upper bound of the bytes of a table of `rows` keys that take `key_bytes`.
    pub fn bytes(rows: u64, key_bytes: u64) -> u64 {
        rows.saturating_mul(ROW_BYTES).saturating_add(key_bytes)
    }

    /// No key has more rows than this.
    pub fn most_matches(&self) -> u64 {
        self.most_matches
    }

    /// The matches of these keys. With `unmatched`, a row without any is there once, with [`IdxSize::MAX`].
    pub fn matches(&self, keys: &DataFrame, unmatched: bool) -> Matches {
        let hashed = HashKeys::from_df(keys, self.state.clone(), self.nulls_equal, false);
        let mut m = Matches::default();
        // SAFETY: these are the rows of the keys.
        unsafe {
            self.table.probe_subset(&hashed, &every(keys.height()), &mut m.built, &mut m.rows, false, unmatched, IdxSize::MAX);
        }
        m
    }
}

/// Rows of the key that has most.
fn most_equal(keys: &DataFrame) -> Result<u64> {
    let names = keys.columns().iter().map(|c| c.name().clone());
    let groups = apart(|| keys.group_by(names).map(|g| g.get_groups().iter().map(|rows| rows.len()).max())).map_err(table_error)?;
    Ok(groups.unwrap_or(1) as u64)
}

/// Rows `rows` of a table.
pub fn gather(table: &DataFrame, rows: &[IdxSize]) -> DataFrame {
    let whole = rows.len() == table.height() && rows.iter().enumerate().all(|(i, &r)| i == r as usize);
    if whole {
        return table.clone();
    }
    debug_assert!(rows.iter().all(|&r| (r as usize) < table.height()));
    // SAFETY: rows come from lookups and divisions of this table.
    unsafe { table.take_slice_unchecked_impl(rows, false) }
}

/// Rows `rows` of a table, nulls where a row is [`IdxSize::MAX`].
pub fn gather_or_null(table: &DataFrame, rows: &[IdxSize]) -> DataFrame {
    if !rows.contains(&IdxSize::MAX) {
        return gather(table, rows);
    }
    // SAFETY: the type is a transparent wrapper of the number.
    let rows: &[NullableIdxSize] = unsafe { std::slice::from_raw_parts(rows.as_ptr().cast(), rows.len()) };
    // SAFETY: rows come from lookups of this table, and null where there is none.
    IdxCa::with_nullable_idx(rows, |idx| unsafe { table.take_unchecked_impl(idx, false) })
}
