//! The 22 queries of the decision-support benchmark on Parquet files. `tables.py` has the same for the peers, with the same texts.

use crate::options::Options;
use crate::{Answer, timed};
use polars::prelude::{ChunkAgg, DataFrame, DataType};
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

fn run(text: &str, folder: &Path, s: &Session) -> Result<DataFrame> {
    let tables = TABLES.map(|t| Ok((t, scan_parquet(folder.join(format!("{t}.parquet")))?)));
    let tables: Vec<(&str, Frame)> = tables.into_iter().collect::<Result<_>>()?;
    Frame::sql(text, &tables)?.collect_in(s)
}

/// All queries, once before the clock starts and once with it.
pub fn pdsh(o: &Options) -> Result<Answer> {
    polars::error::set_warning_function(|_, _| ());
    let (s, folder) = (o.session()?, o.path("input")?);
    let scale = o.number("milliscale", 1000)? as f64 / 1000.0;
    let (mut all, mut each, mut values) = (0.0, serde_json::Map::new(), Vec::new());
    for (name, text) in queries(o.path("queries")?, scale)? {
        run(&text, folder, &s)?;
        let (seconds, df) = timed(|| run(&text, folder, &s))?;
        all += seconds;
        each.insert(name, json!(seconds));
        values.push(checksum(&df)?);
    }
    Ok(Answer { extra: json!({ "each": each }), ..Answer::new(all, values) })
}

/// The sum of a column of many Parquet files.
pub fn sum_files(o: &Options) -> Result<Answer> {
    let (s, folder, column) = (o.session()?, o.path("input")?, o.path("column")?.to_string_lossy());
    Answer::of(|| {
        let sum = scan_parquet(folder)?.select([polars::prelude::col(&*column).sum()]).collect_in(&s)?;
        sum.columns()[0].cast(&DataType::Float64).and_then(|c| c.f64().map(|c| c.get(0))).map_err(table_error)
    })
}
