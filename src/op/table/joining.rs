//! Joins of which it is not known how many rows they make: these are counted, or made piece by piece.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use crate::chunk::table_bytes::table_bytes;
use crate::chunk::{Chunk, Object};
use crate::kernel::table::lookup::{Lookup, Matches};
use crate::op::table::measured::varying_of_rows;
use crate::op::table::probe::{Match, Probe, Side};
use crate::spill::pool::Share;
use polars::prelude::{Column, DataFrame, IdxSize, NamedFrom, Series};
use std::any::Any;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// Bytes of a pair of rows in a list of them, twice: a list takes no more than half of what its rows do.
const PAIR_BYTES: u64 = 16;

/// How many pairs a list may have for pieces of `piece_bytes`, of rows of `row_bytes`, and the bytes that it takes.
pub fn list_bytes(row_bytes: u64, piece_bytes: u64) -> (usize, u64) {
    let n = (piece_bytes / row_bytes.max(PAIR_BYTES)).max(1);
    (n as usize, n.saturating_mul(PAIR_BYTES / 2))
}

/// What rows of a join take.
#[derive(Debug)]
struct Weights {
    /// A row beside strings and lists.
    row_bytes: u64,
    /// Strings and lists of every row that is looked up; nothing if no column has any.
    built: Vec<u32>,
}

impl Weights {
    fn varying(&self, passing: &[u32], row: IdxSize, built: IdxSize) -> u64 {
        // Of neither side there may be a row: then nothing is found.
        let of = |all: &[u32], row: IdxSize| u64::from(all.get(row as usize).copied().unwrap_or(0));
        of(passing, row) + of(&self.built, built)
    }
}

/// The rows of one partition that look up the rows of another.
#[derive(Debug)]
pub struct Joining {
    probe: Probe,
    weights: Weights,
    passing: Arc<DataFrame>,
    n_built: usize,
    piece_bytes: u64,
    n_bytes: u64,
}

impl Joining {
    /// `passing` looks up `built`, for rows of `row_bytes` beside their strings and lists, in pieces of at most `piece_bytes`.
    ///
    /// # Errors
    /// The keys' own.
    pub fn new(
        side: &Side,
        passing: &Arc<DataFrame>,
        built: &Arc<DataFrame>,
        (row_bytes, piece_bytes): (u64, u64),
    ) -> Result<Joining> {
        let probe = Probe::new(side, built, Share::default())?;
        let weights = Weights { row_bytes, built: varying_of_rows(probe.payload())? };
        let built_bytes = table_bytes(built);
        let n_bytes = Joining::bytes(table_bytes(passing), built_bytes, built.height() as u64);
        Ok(Joining { probe, weights, passing: passing.clone(), n_built: built.height(), piece_bytes, n_bytes })
    }

    /// Upper bound of the bytes of such a join before its rows are made.
    pub fn bytes(passing_bytes: u64, built_bytes: u64, built_rows: u64) -> u64 {
        passing_bytes.saturating_add(built_bytes).saturating_add(Lookup::bytes(built_rows, built_bytes)).saturating_add(1024)
    }

    /// The rows of the join, if they are one piece; else the join, for its pieces to be made.
    ///
    /// # Errors
    /// The keys' own.
    pub fn into_chunk(self) -> Result<Chunk> {
        let mut whole = None;
        self.each_piece(|piece| {
            let is_first = whole.is_none();
            whole = is_first.then_some(piece);
            Ok(if is_first { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(match whole {
            Some(rows) => Chunk::Table(Arc::new(rows)),
            None => Chunk::Object(Arc::new(self)),
        })
    }

    /// Makes the rows of the join, one piece after the other: at least one, which may have no rows.
    ///
    /// # Errors
    /// The keys' own, and those of `f`.
    pub fn each_piece(&self, mut f: impl FnMut(DataFrame) -> Result<ControlFlow<()>>) -> Result<()> {
        let passing = &*self.passing;
        let varying = varying_of_rows(passing)?;
        let (limit, _) = list_bytes(self.weights.row_bytes, self.piece_bytes);
        let is_full = self.probe.how() == Match::Full;
        let mut asked = vec![false; if is_full { self.n_built } else { 0 }];
        let mut n_pieces = 0;
        let keys = self.probe.keys(passing)?;
        let mut lists = self.probe.lists(&keys, limit);
        loop {
            let list = lists.next();
            // Of a full join every row that looks up is in a list.
            let has_all = |m: &Matches| m.rows.last().is_some_and(|&row| row as usize + 1 == passing.height());
            let is_last = list.as_ref().is_none_or(|m| is_full && has_all(m));
            let mut m = list.unwrap_or_default();
            if is_full {
                m.built.iter().for_each(|&built| asked.get_mut(built as usize).into_iter().for_each(|a| *a = true));
                if is_last {
                    m.built.extend((0..self.n_built).filter(|&i| !asked[i]).map(|i| i as IdxSize));
                    m.rows.resize(m.built.len(), IdxSize::MAX);
                }
            }
            for piece in self.cut(&m, &varying) {
                n_pieces += 1;
                if f(self.probe.joined(passing, &m.rows[piece.clone()], &m.built[piece])?)?.is_break() {
                    return Ok(());
                }
            }
            if is_last {
                break;
            }
        }
        if n_pieces == 0 {
            let _whether_more = f(self.probe.joined(passing, &[], &[])?)?;
        }
        Ok(())
    }

    /// Pairs in pieces of at most the bytes there are for one, or of one pair.
    fn cut(&self, m: &Matches, varying: &[u32]) -> Vec<Range<usize>> {
        let (mut pieces, mut first, mut bytes) = (vec![], 0, 0u64);
        for (i, (&row, &built)) in m.rows.iter().zip(&m.built).enumerate() {
            let more = self.weights.row_bytes + self.weights.varying(varying, row, built);
            if i > first && bytes + more > self.piece_bytes {
                pieces.push(first..i);
                (first, bytes) = (i, 0);
            }
            bytes += more;
        }
        if first < m.rows.len() {
            pieces.push(first..m.rows.len());
        }
        pieces
    }
}

impl Object for Joining {
    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Rows of a partition that become so many of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The partition.
    pub partition: usize,
    /// The first of the rows.
    pub first: usize,
    /// The rows that they become.
    pub rows: u64,
    /// Bytes of strings and lists in these.
    pub var_bytes: u64,
}

/// Counts the rows of a join, and says where partitions are to be cut for pieces of it that have room.
#[derive(Debug)]
pub struct Counter {
    probe: Arc<Probe>,
    weights: Weights,
    piece_bytes: u64,
}

/// The columns of what a [`Counter`] finds.
pub const COUNTED: [&str; 4] = ["partition", "first", "rows", "bytes"];

impl Counter {
    /// A counter of rows of `row_bytes` beside strings and lists, for pieces of `piece_bytes`, or of one row's matches.
    ///
    /// # Errors
    /// Polars' own.
    pub fn new(probe: Arc<Probe>, row_bytes: u64, piece_bytes: u64) -> Result<Counter> {
        let weights = Weights { row_bytes, built: varying_of_rows(probe.payload())? };
        Ok(Counter { probe, weights, piece_bytes })
    }

    /// The pieces of a partition, a row each: columns [`COUNTED`].
    ///
    /// # Errors
    /// The keys' own.
    pub fn run(&self, partition: usize, rows: &DataFrame) -> Result<DataFrame> {
        let varying = varying_of_rows(rows)?;
        let (limit, _) = list_bytes(self.weights.row_bytes, self.piece_bytes);
        let bytes = |c: &Counted| c.rows * self.weights.row_bytes + c.var_bytes;
        let mut open = Counted { partition, first: 0, rows: 0, var_bytes: 0 };
        let mut pieces = vec![];
        let keys = self.probe.keys(rows)?;
        for m in self.probe.lists(&keys, limit) {
            let mut at = 0;
            for of_row in m.rows.chunk_by(|a, b| a == b) {
                let (row, matched) = (of_row[0], &m.built[at..at + of_row.len()]);
                at += of_row.len();
                let var_bytes = matched.iter().map(|&built| self.weights.varying(&varying, row, built)).sum();
                let more = Counted { partition, first: row as usize, rows: of_row.len() as u64, var_bytes };
                if open.rows > 0 && bytes(&open) + bytes(&more) > self.piece_bytes {
                    pieces.push(std::mem::replace(&mut open, more));
                } else {
                    open.rows += more.rows;
                    open.var_bytes += more.var_bytes;
                }
            }
        }
        pieces.push(open);
        let column = |name: &str, of: fn(&Counted) -> u64| {
            Column::from(Series::new(name.into(), pieces.iter().map(of).collect::<Vec<u64>>()))
        };
        let [partition, first, rows, bytes] = COUNTED;
        let columns = vec![
            column(partition, |c| c.partition as u64),
            column(first, |c| c.first as u64),
            column(rows, |c| c.rows),
            column(bytes, |c| c.var_bytes),
        ];
        DataFrame::new(pieces.len(), columns).map_err(table_error)
    }
}

/// What [counters](Counter) found, in order of the partitions.
///
/// # Errors
/// A bug: other columns.
pub fn read_counted(found: &DataFrame) -> Result<Vec<Counted>> {
    let column = |name: &str| -> Result<Vec<u64>> {
        Ok(found.column(name).and_then(|c| c.u64()).map_err(table_error)?.iter().flatten().collect())
    };
    let [partition, first, rows, bytes] = COUNTED;
    let (partition, first, rows, bytes) = (column(partition)?, column(first)?, column(rows)?, column(bytes)?);
    let of = |i: usize| Counted { partition: partition[i] as usize, first: first[i] as usize, rows: rows[i], var_bytes: bytes[i] };
    Ok((0..partition.len()).map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::{Counted, Counter, Joining, read_counted};
    use crate::chunk::Chunk;
    use crate::op::table::probe::{Match, Probe, Side};
    use crate::spill::pool::Share;
    use polars::prelude::{DataFrame, col, df};
    use std::ops::ControlFlow;
    use std::sync::Arc;

    fn side(how: Match) -> Side {
        let name = |n: &str| n.into();
        Side {
            how,
            passing_on: vec![col("k")],
            built_on: vec![col("k")],
            nulls_equal: false,
            payload: vec![(name("v"), name("v"))],
            renamed: vec![],
            shared: vec![(name("k"), col("k"))],
            columns: vec![name("k"), name("s"), name("v")],
        }
    }

    fn tables() -> [Arc<DataFrame>; 2] {
        let passing =
            df!("k" => [Some(1i64), Some(2), None, Some(1), Some(5)], "s" => ["a", "bb", "c", "a long text", "e"]).unwrap();
        let built = df!("k" => [Some(1i64), Some(9), Some(1), Some(2), None, Some(1)], "v" => [0i64, 1, 2, 3, 4, 5]).unwrap();
        [Arc::new(passing), Arc::new(built)]
    }

    #[test]
    fn pieces_are_the_join_whatever_their_size() {
        let [passing, built] = tables();
        for (how, height) in [(Match::Inner, 7), (Match::Left, 9), (Match::Full, 11)] {
            let Chunk::Table(whole) = Joining::new(&side(how), &passing, &built, (26, u64::MAX)).unwrap().into_chunk().unwrap()
            else {
                panic!("in pieces")
            };
            assert_eq!(whole.height(), height);
            if how == Match::Full {
                assert_eq!(whole.column("k").unwrap().i64().unwrap().iter().last(), Some(None));
                assert_eq!(whole.column("k").unwrap().i64().unwrap().get(9), Some(9));
            }
            for piece_bytes in [1, 30, 60, 100] {
                let joining = Joining::new(&side(how), &passing, &built, (26, piece_bytes)).unwrap();
                let mut pieces: Vec<DataFrame> = vec![];
                joining
                    .each_piece(|p| {
                        pieces.push(p);
                        Ok(ControlFlow::Continue(()))
                    })
                    .unwrap();
                assert!(pieces.len() > 2 && (piece_bytes > 30 || pieces.iter().all(|p| p.height() == 1)));
                let all = pieces.into_iter().reduce(|a, b| a.vstack(&b).unwrap()).unwrap();
                assert!(all.equals_missing(&whole), "{how:?} in {piece_bytes} bytes:\n{all}\n{whole}");
                assert!(matches!(joining.into_chunk().unwrap(), Chunk::Object(_)));
            }
        }
    }

    #[test]
    fn no_rows_are_a_piece_without_rows() {
        let [passing, built] = tables();
        let none = Arc::new(built.head(Some(0)));
        let rows =
            |how, passing: &Arc<DataFrame>, built: &Arc<DataFrame>| match Joining::new(&side(how), passing, built, (26, 1000))
                .unwrap()
                .into_chunk()
                .unwrap()
            {
                Chunk::Table(t) => t,
                other => panic!("{other:?}"),
            };
        assert_eq!(rows(Match::Inner, &passing, &none).shape(), (0, 3));
        assert_eq!(rows(Match::Full, &passing, &none).shape(), (5, 3));
        let full = rows(Match::Full, &Arc::new(passing.head(Some(0))), &built);
        assert_eq!(full.column("k").unwrap().as_materialized_series(), built.column("k").unwrap().as_materialized_series());
    }

    #[test]
    fn what_is_counted_is_what_is_made() {
        let [passing, built] = tables();
        let probe = Arc::new(Probe::new(&side(Match::Left), &built, Share::default()).unwrap());
        let counted = |piece_bytes| {
            let counter = Counter::new(probe.clone(), 26, piece_bytes).unwrap();
            read_counted(&counter.run(3, &passing).unwrap()).unwrap()
        };
        let piece = |first, rows, var_bytes| Counted { partition: 3, first, rows, var_bytes };
        assert_eq!(counted(u64::MAX), [piece(0, 9, 40)]);
        assert_eq!(counted(1), [piece(0, 3, 3), piece(1, 1, 2), piece(2, 1, 1), piece(3, 3, 33), piece(4, 1, 1)]);
        assert_eq!(counted(115), [piece(0, 4, 5), piece(2, 1, 1), piece(3, 3, 33), piece(4, 1, 1)]);
    }
}
