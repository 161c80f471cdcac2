//! What rows get by where they are: columns that are the same for a whole file (the keys of its folders, its name), and row numbers; and
//! a run of rows by their numbers.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::{table, table_error};
use crate::chunk::table_bound::{Bound, row_bytes, varies};
use crate::expr::table::{TableSource, not_sent};
use crate::format::table_files::{FileSource, Place};
use crate::format::table_scan::Projection;
use polars::prelude::{Column, DataFrame, IdxSize, PlSmallStr, Scalar, Schema};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// What is added to the rows of a source.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// Columns, with a row for each file.
    pub files: DataFrame,
    /// A column of row numbers, and the number of the first row.
    pub numbers: Option<(PlSmallStr, IdxSize)>,
    /// Only these rows: how many are before them, and how many they are.
    pub rows: Option<(u64, u64)>,
}

/// A source with labels.
#[derive(Debug)]
pub struct Labelled {
    source: Arc<dyn FileSource>,
    labels: Labels,
    /// Of the source's columns and the labels.
    projection: Projection,
    /// Partitions that have rows that are wanted.
    parts: Vec<usize>,
}

impl Labelled {
    /// The rows of `source` with `labels`, of which `projection` keeps columns and rows. Where rows are numbered or counted, the source
    /// must not leave out any.
    pub fn new(source: Arc<dyn FileSource>, labels: Labels, projection: Projection) -> Labelled {
        let wanted = |i: &usize| {
            let Place { first_row, n_rows, .. } = source.place(*i);
            labels.rows.is_none_or(|(before, n)| first_row < before.saturating_add(n) && first_row + n_rows > before)
        };
        let mut parts: Vec<usize> = (0..source.n_partitions()).filter(wanted).collect();
        if parts.is_empty() {
            parts.push(0);
        }
        Labelled { source, labels, projection, parts }
    }

    /// Bytes of the labels of rows.
    fn label_bound(&self, rows: u64) -> Bound {
        let longest = |c: &Column| c.str().map_or(0, |s| s.iter().flatten().map(str::len).max().unwrap_or(0)) as u64;
        let text: u64 = self.labels.files.columns().iter().filter(|c| varies(c.dtype())).map(longest).sum();
        Bound { rows, var_bytes: rows.saturating_mul(text) }
    }

    fn with_labels(&self, df: DataFrame, place: Place) -> Result<DataFrame> {
        let n = df.height();
        let mut columns = df.into_columns();
        for label in self.labels.files.columns() {
            if n == 0 {
                // There may be no file.
                columns.push(Column::new_empty(label.name().clone(), label.dtype()));
                continue;
            }
            let value = label.get(place.file).map_err(table_error)?.into_static();
            columns.push(Column::new_scalar(label.name().clone(), Scalar::new(label.dtype().clone(), value), n));
        }
        if let Some((name, offset)) = &self.labels.numbers {
            let first = place.first_row + u64::from(*offset);
            let last = IdxSize::try_from(first + n as u64);
            let (Ok(first), Ok(last)) = (IdxSize::try_from(first), last) else {
                return Err(Error::usage(format!(
                    "row numbers go up to {}, and there are more rows: number them within groups or files",
                    IdxSize::MAX
                )));
            };
            columns.push(Column::new(name.clone(), (first..last).collect::<Vec<IdxSize>>()));
        }
        DataFrame::new(n, columns).map_err(table_error)
    }

    /// The rows of a partition that are wanted.
    fn cut(&self, df: DataFrame, place: &mut Place) -> Result<DataFrame> {
        if self.labels.numbers.is_none() && self.labels.rows.is_none() {
            return Ok(df);
        }
        if df.height() as u64 != place.n_rows {
            return Err(Error::unsupported(format!(
                "rows are not numbered in this file: {} were counted in a part of it, and {} were read (lines that are no rows)",
                place.n_rows,
                df.height()
            )));
        }
        let Some((before, n)) = self.labels.rows else { return Ok(df) };
        let skip = before.saturating_sub(place.first_row).min(place.n_rows);
        let end = before.saturating_add(n).saturating_sub(place.first_row).min(place.n_rows);
        place.first_row += skip;
        Ok(df.slice(skip as i64, end.saturating_sub(skip) as usize))
    }
}

impl FileSource for Labelled {
    fn bound(&self) -> Bound {
        let all = self.source.bound();
        Bound { var_bytes: all.var_bytes + self.label_bound(all.rows).var_bytes, ..all }
    }

    fn total(&self) -> Bound {
        let mut all = self.source.total();
        if let Some((_, n)) = self.labels.rows {
            all.rows = all.rows.min(n);
        }
        Bound { var_bytes: all.var_bytes + self.label_bound(all.rows).var_bytes, ..all }
    }

    fn place(&self, i: usize) -> Place {
        self.source.place(self.parts[i])
    }
}

impl TableSource for Labelled {
    fn name(&self) -> &'static str {
        "labelled"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        let labels = format!("{:?}{:?}{:?}", self.labels.files.columns(), self.labels.numbers, self.labels.rows);
        xxh3_128(format!("{} {labels} {}", self.source.key(), self.projection.describe()).as_bytes())
    }

    fn label(&self) -> String {
        self.source.label()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.projection.columns()
    }

    fn n_partitions(&self) -> usize {
        self.parts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let mut place = self.place(i);
        let rows = (**table(&self.source.read(self.parts[i])?)?).clone();
        let rows = self.cut(rows, &mut place).map_err(|e| e.at(self.source.label()))?;
        self.projection.apply(self.with_labels(rows, place)?)
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let (out, beside) = self.source.bytes(self.parts[i]);
        let mut labels: Schema = (**self.labels.files.schema()).clone();
        if let Some((name, _)) = &self.labels.numbers {
            labels.with_column(name.clone(), polars::prelude::IDX_DTYPE);
        }
        let rows = self.place(i).n_rows;
        let more = rows.saturating_mul(row_bytes(&labels)) + self.label_bound(rows).var_bytes + 1024 + 64 * labels.len() as u64;
        let out = out.saturating_add(more);
        (out, beside + if self.projection.filter.is_some() { out } else { 0 })
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.source.stored_bytes(self.parts[i])
    }
}
