//! The 22 queries of the decision-support benchmark and the ten groupings of db-benchmark, on Parquet files. `tables.py` and `groupby.py`
//! have the same for the peers.

use crate::options::Options;
use crate::{Answer, timed};
use polars::prelude::{ChunkAgg, DataFrame, DataType, Expr, col, cols, len, lit};
use serde_json::json;
use std::path::Path;
use tilework::chunk::dataframe::table_error;
use tilework::frame::{Frame, scan_parquet};
use tilework::{Error, Result, Session};

const TABLES: [&str; 8] = ["region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem"];

/// The texts of the queries with their names, for a scale factor.
fn queries(folder: &Path, scale: f64) -> Result<Vec<(String, String)>> {
    let fail = |e: std::io::Error| Error::io(folder.display(), &e);
    let mut files: Vec<_> = std::fs::read_dir(folder).map_err(fail)?.flatten().map(|e| e.path()).collect();
    files.sort();
    let read = |p: &std::path::PathBuf| {
        let text = std::fs::read_to_string(p).map_err(fail)?.replace("FRACTION", &format!("{:.12}", 0.0001 / scale));
        Ok((p.file_stem().unwrap_or_default().to_string_lossy().into_owned(), text))
    };
    files.iter().map(read).collect()
}

/// Rows and the sum of all numbers: what the peers must agree on.
fn checksum(df: &DataFrame) -> Result<f64> {
    let numbers = df.columns().iter().filter(|c| c.dtype().is_numeric());
    let sum = |c: &polars::prelude::Column| Some(c.cast(&DataType::Float64).ok()?.f64().ok()?.sum().unwrap_or(0.0));
    let sums = numbers.map(|c| sum(c).ok_or_else(|| Error::bug(format!("{} has no sum", c.name()))));
    Ok(df.height() as f64 + sums.sum::<Result<f64>>()?)
}

/// A workload of several queries, each run once before its clock starts and once with it.
#[derive(Default)]
struct Timed {
    seconds: f64,
    each: serde_json::Map<String, serde_json::Value>,
    values: Vec<f64>,
}

impl Timed {
    fn add(&mut self, name: String, query: impl Fn() -> Result<DataFrame>) -> Result<()> {
        query()?;
        let (seconds, df) = timed(query)?;
        self.seconds += seconds;
        self.each.insert(name, json!(seconds));
        self.values.push(checksum(&df)?);
        Ok(())
    }

    fn answer(self) -> Answer {
        Answer { extra: json!({ "each": self.each }), ..Answer::new(self.seconds, self.values) }
    }
}

fn run(text: &str, folder: &Path, s: &Session) -> Result<DataFrame> {
    let tables = TABLES.map(|t| Ok((t, scan_parquet(folder.join(format!("{t}.parquet")))?)));
    let tables: Vec<(&str, Frame)> = tables.into_iter().collect::<Result<_>>()?;
    Frame::sql(text, &tables)?.collect_in(s)
}

/// All queries, or the first few, once before the clock starts and once with it.
pub fn pdsh(o: &Options) -> Result<Answer> {
    polars::error::set_warning_function(|_, _| ());
    let (s, folder) = (o.session()?, o.path("input")?);
    let scale = o.number("milliscale", 1000)? as f64 / 1000.0;
    let mut all = Timed::default();
    let first = o.number("first", usize::MAX)?;
    for (name, text) in queries(o.path("queries")?, scale)?.into_iter().take(first) {
        all.add(name, || run(&text, folder, &s))?;
    }
    Ok(all.answer())
}

/// The ten questions of db-benchmark's groupby, on one Parquet file.
pub fn groupby(o: &Options) -> Result<Answer> {
    let (s, file) = (o.session()?, o.path("input")?);
    let sum = |name: &str| col(name).sum();
    let group = |keys: &[&str], aggs: Vec<Expr>| {
        let keys: Vec<Expr> = keys.iter().map(|k| col(*k)).collect();
        Ok(scan_parquet(file)?.group_by(keys).agg(aggs))
    };
    let questions: [(&str, Result<Frame>); 10] = [
        ("q1", group(&["id1"], vec![sum("v1")])),
        ("q2", group(&["id1", "id2"], vec![sum("v1")])),
        ("q3", group(&["id3"], vec![sum("v1"), col("v3").mean()])),
        ("q4", group(&["id4"], vec![cols(["v1", "v2", "v3"]).as_expr().mean()])),
        ("q5", group(&["id6"], vec![cols(["v1", "v2", "v3"]).as_expr().sum()])),
        ("q6", group(&["id4", "id5"], vec![col("v3").median().alias("median"), col("v3").std(1).alias("std")])),
        ("q7", group(&["id3"], vec![(col("v1").max() - col("v2").min()).alias("range")])),
        ("q8", group(&["id6"], vec![col("v3").drop_nulls().top_k(lit(2))]).map(|groups| groups.explode(["v3"]))),
        ("q9", group(&["id2", "id4"], vec![polars::prelude::pearson_corr(col("v1"), col("v2")).pow(lit(2)).alias("r2")])),
        ("q10", group(&["id1", "id2", "id3", "id4", "id5", "id6"], vec![sum("v3"), len().alias("count")])),
    ];
    let mut timed = Timed::default();
    for (name, question) in questions {
        let question = question?;
        timed.add(name.into(), || question.collect_in(&s))?;
    }
    Ok(timed.answer())
}

/// The sum of a column of many Parquet files.
pub fn sum_files(o: &Options) -> Result<Answer> {
    let (s, folder, column) = (o.session()?, o.path("input")?, o.path("column")?.to_string_lossy());
    Answer::of(|| {
        let sum = scan_parquet(folder)?.select([polars::prelude::col(&*column).sum()]).collect_in(&s)?;
        sum.columns()[0].cast(&DataType::Float64).and_then(|c| c.f64().map(|c| c.get(0))).map_err(table_error)
    })
}
