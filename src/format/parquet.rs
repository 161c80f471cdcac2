//! Parquet: partitions of row groups, sized by their metadata alone; those in which the filter cannot hold are left out.
//!
//! A partition is a run of rows within one row group, or several small row groups together. Its upper bound in memory comes from the
//! footer: rows times the width of the columns' types, and for strings the uncompressed bytes. Decoding is Polars'.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::stack;
use crate::chunk::table_bound::{Bound, varies};
use crate::expr::table::{TableSource, not_sent};
use crate::format::parquet_file::{Footer, ParquetFile};
use crate::format::parquet_prune::{Pruner, rises};
use crate::format::parquet_sieve::{Condition, Wanted, conditions};
use crate::format::ranged::RangedFile;
use crate::format::ranged_reader::fetched_bytes;
use crate::format::table_files::{FileSet, FileSource, Fit, Place};
use crate::format::table_scan::Projection;
use crate::kernel::table::dense::KeySet;
use polars::prelude::{DataFrame, PlSmallStr, Schema, SchemaRef};
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Footers of so many files are kept while they are read.
const KEPT_FOOTERS: usize = 64;

/// Rows of one file that make a partition.
#[derive(Clone, Copy, Debug)]
struct Part {
    file: usize,
    /// First row group, and how many; of the first, rows are taken from `first_row` on.
    group: usize,
    n_groups: usize,
    first_row: usize,
    n_rows: usize,
    /// Rows of the table before it.
    rows_before: u64,
    is_whole: bool,
    bound: Bound,
    /// Its share of the bytes of strings and lists of its row group, if they are spread evenly.
    var_share: u64,
    /// Bytes in the file.
    stored_bytes: u64,
    /// Bytes in the file of its largest row group, which are fetched at once from behind a URL.
    group_bytes: u64,
    /// Bytes of the largest column of a row group, compressed and decompressed: columns are read one after the other.
    column_bytes: u64,
}

/// Parquet files of the same columns, one after the other.
#[derive(Debug)]
pub struct ParquetSource {
    set: FileSet,
    files: Arc<[ParquetFile]>,
    /// The row groups that are read.
    groups: Arc<[Part]>,
    parts: Vec<Part>,
    projection: Projection,
    /// Keys that rows are of use with.
    wanted: Vec<Wanted>,
    conditions: Arc<[Condition]>,
    key: u128,
    pruned: (usize, usize),
}

/// The columns of a Parquet file, from its footer.
///
/// # Errors
/// A file that is missing, broken or of another format.
pub fn parquet_schema(path: &Path) -> Result<Schema> {
    Ok(Footer::read(&RangedFile::open(path)?)?.schema)
}

/// What a file's footer says, for people.
#[derive(Clone, Debug)]
pub struct ParquetInfo {
    /// Rows of every row group.
    pub group_rows: Vec<u64>,
    /// Bytes of columns, compressed and not.
    pub bytes: (u64, u64),
    /// Codecs that columns are compressed with.
    pub codecs: Vec<String>,
    /// The program that wrote it.
    pub created_by: Option<String>,
}

/// Reads what a file's footer says.
///
/// # Errors
/// As [`parquet_schema`].
pub fn parquet_info(path: &Path) -> Result<ParquetInfo> {
    let meta = Footer::read(&RangedFile::open(path)?)?.meta;
    let chunks = || meta.row_groups.iter().flat_map(|g| g.parquet_columns());
    let known = |n: i64| n.max(0) as u64;
    let mut codecs: Vec<String> = chunks().map(|c| format!("{:?}", c.compression()).to_lowercase()).collect();
    codecs.sort_unstable();
    codecs.dedup();
    Ok(ParquetInfo {
        group_rows: meta.row_groups.iter().map(|g| g.num_rows() as u64).collect(),
        bytes: (chunks().map(|c| known(c.compressed_size())).sum(), chunks().map(|c| known(c.uncompressed_size())).sum()),
        codecs,
        created_by: meta.created_by.clone(),
    })
}

impl ParquetSource {
    /// A source of the columns and rows that `projection` names. `target_bytes` gives, for all bytes there are, the size that partitions
    /// aim at in memory: up to the first row groups are put together, beyond the second one is cut.
    ///
    /// # Errors
    /// Files that are missing or broken, or differ in their columns.
    pub fn new(set: FileSet, projection: Projection, target_bytes: impl FnOnce(u64) -> (u64, u64)) -> Result<ParquetSource> {
        let mut described = format!("{} {}", projection.describe(), set.describe()?);
        let pruner = projection.filter.as_ref().and_then(|f| Pruner::new(f, &projection.read));
        let keep = set.paths.len() <= KEPT_FOOTERS;
        let found = set.each(|i, path| {
            let footer = Footer::read(&*set.open(path)?)?;
            let fits = set.fit(path, &footer.schema, &projection.read)?;
            let groups = row_groups(i, &footer, &fits, &projection.read);
            let statistics = pruner.as_ref().map(|p| p.statistics(&footer, &fits));
            Ok((ParquetFile { path: path.into(), fits, footer: keep.then(|| Arc::new(footer)) }, groups, statistics))
        })?;
        let (mut files, mut groups, mut statistics) = (vec![], vec![], Some(vec![]));
        for (file, found, known) in found {
            files.push(file);
            groups.extend(found);
            match (&mut statistics, known.flatten()) {
                (Some(all), Some(known)) => all.push(Arc::new(known)),
                _ => statistics = None,
            }
        }
        let mut rows_before = 0;
        for group in &mut groups {
            group.rows_before = rows_before;
            rows_before += group.n_rows as u64;
        }
        let targets = target_bytes(groups.iter().map(|g| g.bound.bytes(&projection.read)).sum());
        described += &format!("{targets:?}");
        let n_groups = groups.len();
        let skips = pruner.zip(statistics).and_then(|(p, s)| p.skips(stack(&s).ok()?)).filter(|s| s.len() == groups.len());
        if let Some(skips) = skips {
            let mut skips = skips.into_iter();
            groups.retain(|_| !skips.next().unwrap_or(false));
        }
        let pruned = (n_groups - groups.len(), n_groups);
        let mut parts = parts(&groups, &projection.read, targets);
        if parts.is_empty() {
            parts.push(Part::of(0, 0));
        }
        let (files, groups) = (files.into(), groups.into());
        let conditions = conditions(&projection, &[]).into();
        let key = xxh3_128(described.as_bytes());
        Ok(ParquetSource { set, files, groups, parts, projection, wanted: vec![], conditions, key, pruned })
    }

    /// The same rows read otherwise.
    fn with(&self, files: Arc<[ParquetFile]>, groups: Arc<[Part]>, parts: Vec<Part>, projection: Projection) -> ParquetSource {
        let starts: Vec<u64> = parts.iter().map(|p| p.rows_before).collect();
        let key = xxh3_128(format!("{} {starts:?} {}", self.key, projection.describe()).as_bytes());
        let wanted = self.wanted.clone();
        let conditions = conditions(&projection, &wanted).into();
        ParquetSource { set: self.set.clone(), files, groups, parts, projection, wanted, conditions, key, pruned: self.pruned }
    }

    /// The same partitions of other columns.
    fn of_columns(&self, projection: Projection) -> Option<ParquetSource> {
        // Partitions are told by where they begin, which says all only if all row groups of one file are read.
        let [file] = &*self.files else { return None };
        if self.pruned.0 > 0 {
            return None;
        }
        let footer = file.footer.clone()?;
        let fits = self.set.fit(&file.path, &footer.schema, &projection.read).ok()?;
        let mut groups = row_groups(0, &footer, &fits, &projection.read);
        groups.iter_mut().zip(&*self.groups).for_each(|(new, old)| new.rows_before = old.rows_before);
        let starts: Vec<u64> = self.parts.iter().map(|p| p.rows_before).collect();
        let parts = cut(&groups, &starts)?;
        let files = Arc::new([ParquetFile { path: file.path.clone(), fits, footer: Some(footer) }]);
        Some(self.with(files, groups.into(), parts, projection))
    }

    /// How many row groups the filter leaves unread, and how many there are.
    pub fn pruned(&self) -> (usize, usize) {
        self.pruned
    }

    fn read_part(&self, part: &Part) -> Result<DataFrame> {
        if part.n_rows == 0 {
            return Ok(DataFrame::empty_with_schema(&self.projection.output));
        }
        let file = &self.files[part.file];
        let open = self.set.open(&file.path)?;
        let footer = match &file.footer {
            Some(footer) => footer.clone(),
            None => Arc::new(Footer::read(&open)?),
        };
        let (mut first, mut left) = (part.first_row, part.n_rows);
        let mut rows = Vec::with_capacity(part.n_groups);
        for g in part.group..part.group + part.n_groups {
            let n = left.min(footer.meta.row_groups.get(g).map_or(0, |g| g.num_rows()).saturating_sub(first));
            rows.push(Arc::new(file.read(&open, &footer, g, first..first + n, &self.projection, &self.conditions)?));
            (first, left) = (0, left - n);
        }
        if left > 0 {
            return Err(Error::corrupt("the file has changed while it was read"));
        }
        match rows.as_slice() {
            [one] => Ok((**one).clone()),
            _ => stack(&rows),
        }
    }
}

/// The row groups of a file.
fn row_groups(file: usize, of: &Footer, fits: &[Fit], read: &Schema) -> Vec<Part> {
    let describe = |(i, group): (usize, &polars_parquet::read::RowGroupMetadata)| {
        let n_rows = group.num_rows();
        let mut part = Part { n_rows, bound: Bound { rows: n_rows as u64, var_bytes: 0 }, ..Part::of(file, i) };
        for ((name, dtype), _) in read.iter().zip(fits).filter(|(_, f)| **f != Fit::Missing) {
            let mut column_bytes = 0;
            for chunk in group.columns_under_root_iter(name).into_iter().flatten() {
                let (stored, plain) = (chunk.compressed_size().max(0) as u64, chunk.uncompressed_size().max(0) as u64);
                part.stored_bytes += stored;
                column_bytes += stored + plain;
                if varies(dtype) {
                    // Values of a nested column may be more than rows, each in a repeated dictionary entry's place.
                    let nested = if dtype.is_nested() { chunk.num_values().max(0) as u64 * 17 } else { 0 };
                    part.bound.var_bytes += plain + nested;
                }
            }
            part.column_bytes = part.column_bytes.max(column_bytes);
        }
        part.var_share = part.bound.var_bytes;
        part.group_bytes = part.stored_bytes;
        part
    };
    of.meta.row_groups.iter().enumerate().map(describe).collect()
}

impl Part {
    /// A row group of which nothing is known.
    fn of(file: usize, group: usize) -> Part {
        Part {
            file,
            group,
            n_groups: 1,
            first_row: 0,
            n_rows: 0,
            rows_before: 0,
            is_whole: true,
            bound: Bound::default(),
            var_share: 0,
            stored_bytes: 0,
            group_bytes: 0,
            column_bytes: 0,
        }
    }

    /// This and the row groups that come right after it in the same file.
    fn with(&self, next: &Part) -> Option<Part> {
        let adjoins = self.file == next.file && self.group + self.n_groups == next.group && self.is_whole;
        let bound = self.bound.plus(next.bound);
        adjoins.then(|| Part {
            n_groups: self.n_groups + next.n_groups,
            n_rows: self.n_rows + next.n_rows,
            bound,
            var_share: bound.var_bytes,
            stored_bytes: self.stored_bytes + next.stored_bytes,
            group_bytes: self.group_bytes.max(next.group_bytes),
            column_bytes: self.column_bytes.max(next.column_bytes),
            ..*self
        })
    }
}

/// Partitions: small row groups of a file together, large ones cut by rows.
fn parts(groups: &[Part], schema: &Schema, (joined_bytes, cut_bytes): (u64, u64)) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for group in groups {
        let bytes = group.bound.bytes(schema);
        let joined = parts.last().and_then(|last| last.with(group)).filter(|p| p.bound.bytes(schema) <= joined_bytes);
        match (joined, parts.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ if bytes <= cut_bytes => parts.push(*group),
            _ => split(*group, bytes.div_ceil(cut_bytes), &mut parts),
        }
    }
    parts
}

/// A row group in about `n` runs of rows. Strings may all be in one of them.
fn split(group: Part, n: u64, parts: &mut Vec<Part>) {
    let step = (group.n_rows as u64).div_ceil(n.max(1)).max(1) as usize;
    let mut row = 0;
    while row < group.n_rows {
        let n_rows = step.min(group.n_rows - row);
        let share = |bytes: u64| (bytes as f64 * n_rows as f64 / group.n_rows as f64) as u64;
        parts.push(Part {
            first_row: row,
            n_rows,
            rows_before: group.rows_before + row as u64,
            is_whole: false,
            bound: Bound { rows: n_rows as u64, ..group.bound },
            var_share: share(group.var_share),
            stored_bytes: share(group.stored_bytes),
            ..group
        });
        row += n_rows;
    }
}

impl FileSource for ParquetSource {
    fn bound(&self) -> Bound {
        self.parts.iter().map(|p| p.bound).fold(Bound::default(), Bound::most)
    }

    fn total(&self) -> Bound {
        let sum = |f: fn(&Part) -> u64| self.parts.iter().map(f).sum();
        Bound { rows: sum(|p| p.bound.rows), var_bytes: sum(|p| p.var_share) }
    }

    fn place(&self, i: usize) -> Place {
        let part = &self.parts[i];
        Place { file: part.file, first_row: part.rows_before, n_rows: part.n_rows as u64 }
    }
}

impl TableSource for ParquetSource {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.set.label()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.projection.columns()
    }

    fn n_partitions(&self) -> usize {
        self.parts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let part = &self.parts[i];
        let rows = self.read_part(part).map_err(|e| e.at(self.files[part.file].path.display().to_string()))?;
        Ok(Chunk::Table(Arc::new(rows)))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let part = &self.parts[i];
        let out = part.bound.bytes(&self.projection.read);
        let file = self.files.get(part.file);
        let cast = file.is_some_and(|f| f.fits.contains(&Fit::Cast));
        // A column's bytes, stored and decompressed, and the rows before the filter or a cast.
        let before = if !self.conditions.is_empty() || cast { out } else { 0 };
        let group = fetched_bytes(part.group_bytes, self.projection.read.len());
        let fetched = file.map_or(0, |f| self.set.fetch_bytes(&f.path, group));
        (out, part.column_bytes + before + fetched)
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.parts[i].stored_bytes
    }

    fn rising(&self, column: &str) -> Option<Arc<dyn TableSource>> {
        let (_, name, dtype) = self.set.schema.get_full(column)?;
        let footer = self.files.first()?.footer.clone()?;
        if !rises(&footer, name, dtype) {
            return None;
        }
        let only: SchemaRef = Arc::new(Schema::from_iter([(name.clone(), dtype.clone())]));
        Some(Arc::new(self.of_columns(Projection { read: only.clone(), output: only, filter: None })?))
    }

    fn recut(&self, starts: &[u64]) -> Option<(Arc<dyn TableSource>, u64, u64)> {
        if self.files.len() != 1 || self.pruned.0 > 0 {
            return None;
        }
        let parts = cut(&self.groups, starts)?;
        let cut = self.with(self.files.clone(), self.groups.clone(), parts, self.projection.clone());
        let bound = cut.bound();
        Some((Arc::new(cut), bound.rows, bound.var_bytes))
    }

    fn takes_keys(&self) -> bool {
        true
    }

    fn with_keys(&self, column: &str, keys: &Arc<KeySet>) -> Option<Arc<dyn TableSource>> {
        let name = self.projection.read.get_full(column)?.1.clone();
        let wanted = [self.wanted.clone(), vec![(name, keys.clone())]].concat();
        Some(Arc::new(ParquetSource {
            set: self.set.clone(),
            files: self.files.clone(),
            groups: self.groups.clone(),
            parts: self.parts.clone(),
            projection: self.projection.clone(),
            conditions: conditions(&self.projection, &wanted).into(),
            wanted,
            // A set is told by where it lies: it lives as long as the source.
            key: xxh3_128(format!("{} {column} {:p}", self.key, Arc::as_ptr(keys)).as_bytes()),
            pruned: self.pruned,
        }))
    }

    fn narrow(&self, columns: &[&str]) -> Option<Arc<dyn TableSource>> {
        let asked = self.projection.filter_names();
        let some = |of: &Schema, also: &[PlSmallStr]| -> SchemaRef {
            let kept = of.iter().filter(|(n, _)| columns.contains(&n.as_str()) || also.contains(n));
            Arc::new(kept.map(|(n, d)| (n.clone(), d.clone())).collect::<Schema>())
        };
        let (read, output) = (some(&self.projection.read, &asked), some(&self.projection.output, &[]));
        if output.len() != columns.len() {
            return None;
        }
        Some(Arc::new(self.of_columns(Projection { read, output, filter: self.projection.filter.clone() })?))
    }
}

/// Partitions of row groups that follow each other in one file, from `starts` on.
fn cut(groups: &[Part], starts: &[u64]) -> Option<Vec<Part>> {
    let last = groups.last()?;
    let ends = starts.iter().skip(1).copied().chain([last.rows_before + last.n_rows as u64]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| {
            let n_rows = end.checked_sub(start)?;
            let inside = |g: &&Part| g.rows_before < end && g.rows_before + g.n_rows as u64 > start;
            let over: Vec<&Part> = groups.iter().filter(inside).collect();
            let Some(first) = over.first() else { return Some(Part { rows_before: start, ..Part::of(0, 0) }) };
            let share = |g: &Part, bytes: u64| {
                let (from, to) = (start.max(g.rows_before), end.min(g.rows_before + g.n_rows as u64));
                (bytes as f64 * (to - from) as f64 / g.n_rows as f64) as u64
            };
            Some(Part {
                n_groups: over.len(),
                first_row: (start - first.rows_before) as usize,
                n_rows: n_rows as usize,
                rows_before: start,
                is_whole: false,
                bound: Bound { rows: n_rows, var_bytes: over.iter().map(|g| g.bound.var_bytes).sum() },
                var_share: over.iter().map(|g| share(g, g.var_share)).sum(),
                stored_bytes: over.iter().map(|g| share(g, g.stored_bytes)).sum(),
                column_bytes: over.iter().map(|g| g.column_bytes).max().unwrap_or(0),
                ..**first
            })
        })
        .collect()
}
