//! Matches of equal keys: a table made once of one side's keys, looked up by any number of partitions of the other side.
//!
//! One column of whole numbers that are close to each other is a table by their places. Other keys are in Polars' own hash
//! tables, with its meaning of equality (NaN equals NaN, 0.0 equals -0.0); keys are dealt to several of them, so that they
//! are made side by side. Matches come in order of the rows that look up, and for each of these in order of the rows that were built
//! from, so that nothing depends on the hashes.

use crate::base::Result;
use crate::chunk::dataframe::{apart, table_error};
use crate::kernel::table::dense::{Dense, KeySet, Packing};
use polars::polars_utils::aliases::PlRandomState;
use polars::polars_utils::hashing::HashPartitioner;
use polars::prelude::{DataFrame, IdxCa, IdxSize, NullableIdxSize, UniqueKeepStrategy};
use polars_core::runtime::RAYON;
use polars_expr::hash_keys::HashKeys;
use polars_expr::idx_table::{IdxTable, new_idx_table};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes that the table takes per row beside the key itself: the key's place, its hash, the list of its rows. A table by places takes no
/// more, but for [few keys](Dense::few_bytes): a seventh of a byte for every number of the range, and the rows.
const ROW_BYTES: u64 = 64;
/// Rows that are worth a table of their own.
const ROWS_PER_TABLE: usize = 1 << 14;
const MOST_TABLES: usize = 16;

/// A table of keys.
pub struct Lookup {
    /// Keys of several whole numbers are looked up as one.
    packing: Option<Packing>,
    table: Table,
}

enum Table {
    Dense(Dense),
    Set(Arc<KeySet>),
    Hashed(Hashed),
}

struct Hashed {
    tables: Vec<(Box<dyn IdxTable>, Vec<IdxSize>)>,
    deal: HashPartitioner,
    state: PlRandomState,
    nulls_equal: bool,
    is_distinct: bool,
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = match &self.table {
            Table::Dense(d) => d.n_rows(),
            Table::Set(set) => return write!(f, "Lookup({set:?})"),
            Table::Hashed(h) => h.tables.iter().map(|t| t.1.len()).sum(),
        };
        write!(f, "Lookup({n} rows)")
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

impl Lookup {
    /// A table of these keys: one row of columns per key. Null equals null only if `nulls_equal`.
    pub fn new(keys: &DataFrame, nulls_equal: bool) -> Lookup {
        let (packing, keys) = packed(keys, nulls_equal);
        let table = match dense(&keys, nulls_equal, false) {
            Some(d) => Table::Dense(d),
            None => Table::Hashed(Hashed::new(&keys, nulls_equal)),
        };
        Lookup { packing, table }
    }

    /// A table that tells whether a key is there: it has one row of every key.
    ///
    /// # Errors
    /// What Polars cannot compare.
    pub fn of_distinct(keys: &DataFrame, nulls_equal: bool) -> Result<Lookup> {
        let (packing, keys) = packed(keys, nulls_equal);
        if let Some(d) = dense(&keys, nulls_equal, true) {
            return Ok(Lookup { packing, table: Table::Dense(d) });
        }
        let distinct = apart(|| keys.unique_stable(None, UniqueKeepStrategy::Any, None)).map_err(table_error)?;
        Ok(Lookup { packing, table: Table::Hashed(Hashed::new(&distinct, nulls_equal)) })
    }

    /// A table that tells whether a key is in a set.
    pub fn of_set(keys: Arc<KeySet>) -> Lookup {
        Lookup { packing: None, table: Table::Set(keys) }
    }

    /// Upper bound of the bytes of a table of `rows` keys that take `key_bytes`.
    pub fn bytes(rows: u64, key_bytes: u64) -> u64 {
        rows.saturating_mul(ROW_BYTES).saturating_add(key_bytes).saturating_add(Dense::few_bytes())
    }

    /// No key has more rows than this, of the `keys` that the table was made of.
    ///
    /// # Errors
    /// What Polars cannot compare.
    pub fn most_matches(&self, keys: &DataFrame) -> Result<u64> {
        match &self.table {
            Table::Dense(d) => Ok(d.most_matches()),
            Table::Set(_) => Ok(1),
            Table::Hashed(h) if h.is_distinct => Ok(1),
            Table::Hashed(h) if h.nulls_equal => most_equal(&self.packed(keys)),
            Table::Hashed(_) => {
                let keys = self.packed(keys);
                most_equal(&apart(|| keys.drop_nulls::<String>(None)).map_err(table_error)?)
            }
        }
    }

    /// The matches of these keys. With `unmatched`, a row without any is there once, with [`IdxSize::MAX`].
    pub fn matches(&self, keys: &DataFrame, unmatched: bool) -> Matches {
        // There is no limit to be beyond.
        self.matches_within(keys, unmatched, usize::MAX).unwrap_or_default()
    }

    /// The [matches](Lookup::matches) of these keys, unless they are more than `limit`.
    pub fn matches_within(&self, keys: &DataFrame, unmatched: bool, limit: usize) -> Option<Matches> {
        let keys = &self.packed(keys);
        match (&self.table, keys.columns()) {
            (Table::Dense(d), [key]) => d.matches(key, unmatched, limit),
            (Table::Set(set), [key]) => {
                let rows: Vec<IdxSize> =
                    set.has(key).iter().flat_map(|found| found.true_idx_iter()).map(|row| row as IdxSize).collect();
                Some(Matches { built: vec![0; rows.len()], rows }).filter(|m| m.rows.len() <= limit)
            }
            // Both sides have as many keys.
            (Table::Dense(_) | Table::Set(_), _) => Some(Matches::default()),
            (Table::Hashed(h), _) => h.matches(keys, unmatched, limit),
        }
    }

    /// The [matches](Lookup::matches) of these keys in lists of at most `limit`, or those of one row, if it has more.
    pub fn lists<'a>(&'a self, keys: &'a DataFrame, unmatched: bool, limit: usize) -> impl Iterator<Item = Matches> + 'a {
        let (n, mut at, mut step) = (keys.height(), 0, keys.height());
        std::iter::from_fn(move || {
            while at < n {
                let n_rows = step.min(n - at);
                let some = keys.slice(at as i64, n_rows);
                let limit_now = if n_rows == 1 { usize::MAX } else { limit };
                let Some(mut m) = self.matches_within(&some, unmatched, limit_now) else {
                    step = n_rows / 2;
                    continue;
                };
                m.rows.iter_mut().for_each(|row| *row += at as IdxSize);
                at += n_rows;
                if m.rows.len() < limit / 4 {
                    step = n_rows.saturating_mul(2);
                }
                return Some(m);
            }
            None
        })
    }
}

impl Lookup {
    /// Keys as the table has them.
    fn packed<'a>(&self, keys: &'a DataFrame) -> Cow<'a, DataFrame> {
        // Both sides have keys of one type.
        self.packing.as_ref().and_then(|p| p.pack(keys)).map_or(Cow::Borrowed(keys), Cow::Owned)
    }
}

/// Keys of several whole numbers as one, if they can be: null is none of them then, and equals nothing.
fn packed(keys: &DataFrame, nulls_equal: bool) -> (Option<Packing>, Cow<'_, DataFrame>) {
    let has_nulls = || keys.columns().iter().any(|c| c.null_count() > 0);
    let packing = if nulls_equal && has_nulls() { None } else { Packing::new(keys) };
    match packing.and_then(|p| Some((p.pack(keys)?, p))) {
        Some((one, packing)) => (Some(packing), Cow::Owned(one)),
        None => (None, Cow::Borrowed(keys)),
    }
}

/// A table by places, if these keys allow it.
fn dense(keys: &DataFrame, nulls_equal: bool, any: bool) -> Option<Dense> {
    let [key] = keys.columns() else { return None };
    if nulls_equal && key.null_count() > 0 { None } else { Dense::new(key, any) }
}

impl Hashed {
    fn new(keys: &DataFrame, nulls_equal: bool) -> Hashed {
        let state = PlRandomState::default();
        let n_tables = (keys.height() / ROWS_PER_TABLE).next_power_of_two().clamp(1, MOST_TABLES);
        let deal = HashPartitioner::new(n_tables, 0);
        let hashed = HashKeys::from_df(keys, state.clone(), nulls_equal, false);
        let schema = keys.schema().clone();
        let make = |rows: &Vec<IdxSize>| {
            let mut table = new_idx_table(schema.clone());
            table.reserve(rows.len());
            // SAFETY: these are rows of the keys.
            unsafe { table.insert_keys_subset(&hashed, rows, false) };
            table
        };
        let dealt = dealt(&hashed, &deal, nulls_equal);
        let tables: Vec<_> = match n_tables {
            1 => dealt.iter().map(make).collect(),
            // In Polars' pool, as all its work.
            _ => apart(|| RAYON.install(|| dealt.par_iter().map(make).collect())),
        };
        let is_distinct = tables.iter().zip(&dealt).all(|(t, rows)| t.num_keys() as usize == rows.len());
        Hashed { tables: tables.into_iter().zip(dealt).collect(), deal, state, nulls_equal, is_distinct }
    }

    fn matches(&self, keys: &DataFrame, unmatched: bool, limit: usize) -> Option<Matches> {
        let n = keys.height();
        let most = IdxSize::try_from(limit).unwrap_or(IdxSize::MAX);
        let hashed = HashKeys::from_df(keys, self.state.clone(), self.nulls_equal, false);
        let mut found: Vec<Matches> = Vec::with_capacity(self.tables.len());
        let mut n_found = 0;
        for ((table, of), rows) in self.tables.iter().zip(dealt(&hashed, &self.deal, true)) {
            let mut m = Matches::default();
            // SAFETY: these are rows of the keys.
            let n_done = unsafe { table.probe_subset(&hashed, &rows, &mut m.built, &mut m.rows, false, unmatched, most) };
            n_found += m.rows.len();
            if (n_done as usize) < rows.len() || n_found > limit {
                return None;
            }
            m.built.iter_mut().filter(|b| **b != IdxSize::MAX).for_each(|b| *b = of[*b as usize]);
            found.push(m);
        }
        match found.len() {
            1 => found.pop(),
            _ => Some(in_order(&found, n)),
        }
    }
}

/// Rows by the table that their keys are dealt to. Rows of null keys are left out unless they may match.
fn dealt(keys: &HashKeys, deal: &HashPartitioner, nulls: bool) -> Vec<Vec<IdxSize>> {
    let n = deal.num_partitions();
    let share = keys.len() / n;
    let mut rows: Vec<Vec<IdxSize>> = (0..n).map(|_| Vec::with_capacity(share + share / 4)).collect();
    keys.gen_idxs_per_partition(deal, &mut rows, &mut [], nulls);
    rows
}

/// Matches of several tables in order of the rows.
fn in_order(found: &[Matches], n_rows: usize) -> Matches {
    let mut ends: Vec<u32> = vec![0; n_rows + 1];
    for m in found {
        m.rows.iter().for_each(|&r| ends[r as usize + 1] += 1);
    }
    for i in 0..n_rows {
        ends[i + 1] += ends[i];
    }
    let n = ends[n_rows] as usize;
    let mut out = Matches { built: vec![0; n], rows: vec![0; n] };
    // Rows of a key are all in one table, and in order there.
    for m in found {
        for (&built, &row) in m.built.iter().zip(&m.rows) {
            let at = &mut ends[row as usize];
            out.built[*at as usize] = built;
            out.rows[*at as usize] = row;
            *at += 1;
        }
    }
    out
}

/// Rows of the key that has most.
fn most_equal(keys: &DataFrame) -> Result<u64> {
    let names = keys.columns().iter().map(|c| c.name().clone());
    let groups = apart(|| keys.group_by(names).map(|g| g.get_groups().iter().map(|rows| rows.len()).max()));
    Ok(groups.map_err(table_error)?.unwrap_or(1) as u64)
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
