//! SQL on tables: `table 'SELECT origin, mean(dep_delay) FROM flights GROUP BY origin' --flights flights.parquet`.
//!
//! Table names are the user's, so they are options of any name; what is left over after the options of the program is read here.

use crate::base::near::distance;
use crate::base::{Error, Result};
use crate::format::parquet_sink::compression;
use crate::format::table_format::TableFormat;
use crate::frame::{Frame, scan};
use crate::session::Session;
use clap::CommandFactory;
use std::path::PathBuf;

/// Runs a query in SQL on Parquet, CSV, Arrow IPC and NDJSON files.
#[derive(Clone, Debug, clap::Args)]
pub struct TableArgs {
    /// The query.
    #[arg(allow_hyphen_values = true)]
    pub query: String,
    /// File to write (.parquet, .csv, .arrow or .ndjson); without it the result is printed.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Make the output a folder of Parquet files, in folders by the values of these columns (year=2024/…).
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub partition_by: Vec<String>,
    /// What Parquet is compressed with: zstd (as it is without this), snappy, lz4, gzip, brotli or uncompressed; with a level: zstd:9.
    #[arg(long, value_name = "NAME")]
    pub compression: Option<String>,
    /// Replace the output if it exists.
    #[arg(long)]
    pub overwrite: bool,
    /// Tables of the query: `--NAME FILE` each, after the other options. In place of a file may be a folder or a pattern ('data/*.csv').
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "--NAME FILE")]
    pub tables: Vec<String>,
}

/// Names and files.
type Tables = Vec<(String, PathBuf)>;

/// Names and files of `--NAME FILE` and `--NAME=FILE`.
fn tables(words: &[String]) -> Result<Tables> {
    let mut tables = Tables::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (option, value) = word.split_once('=').map_or((word.as_str(), None), |(o, v)| (o, Some(v.to_string())));
        let name = option.strip_prefix("--").filter(|n| !n.is_empty()).ok_or_else(|| {
            Error::usage(format!("'{word}' is not expected here: tables are given as --NAME FILE, like --flights flights.parquet"))
        })?;
        let value = value.or_else(|| words.next().cloned());
        let value = value.filter(|v| !v.starts_with("--")).ok_or_else(|| {
            let words = format!("--{name} is no option of this command, and as the name of a table it needs a file: --{name} FILE");
            or_an_option(Error::usage(words), name)
        })?;
        if tables.iter().any(|t| t.0.eq_ignore_ascii_case(name)) {
            return Err(Error::usage(format!(
                "the table '{name}' is given twice: every table has a name of its own, like --flights flights.parquet --planes planes.parquet"
            )));
        }
        tables.push((name.to_string(), value.into()));
    }
    Ok(tables)
}

/// The query's frame with what its Parquet files are compressed with.
fn compressed(frame: Frame, by: Option<&str>) -> Result<Frame> {
    let Some(by) = by else { return Ok(frame) };
    let (name, level) = by.split_once(':').map_or((by, None), |(name, level)| (name, Some(level)));
    let wrong = |_| Error::usage(format!("--compression {by}: write a name, or a name and a level like zstd:9"));
    let level = level.map(str::parse).transpose().map_err(wrong)?;
    Ok(frame.with_parquet_compression(compression(name, level)?))
}

fn query(args: &TableArgs) -> Result<Frame> {
    // What Polars would advise whoever wrote its SQL is no advice for whoever reads this program's output.
    polars::error::set_warning_function(|_, _| ());
    if let Some(name) = args.query.strip_prefix("--").filter(|name| !name.contains(char::is_whitespace)) {
        return Err(or_an_option(Error::usage(format!("a query in SQL was expected, not --{name}")), name));
    }
    let tables = tables(&args.tables)?;
    if tables.is_empty() {
        return Err(Error::usage("the query needs tables: give each as --NAME FILE, like --flights flights.parquet"));
    }
    let frames = tables.iter().map(|(name, path)| {
        let frame = scan(path).map_err(|e| if path.exists() { e } else { or_an_option(e, name) })?;
        Ok((name.as_str(), frame))
    });
    Frame::sql(&args.query, &frames.collect::<Result<Vec<_>>>()?)
}

/// The error of a table whose file is not there, for who may have meant an option.
fn or_an_option(e: Error, name: &str) -> Error {
    let program = super::Program::command();
    let options = program.find_subcommand("table").into_iter().flat_map(|c| c.get_arguments()).filter_map(|a| a.get_long());
    match options.map(|o| (distance(name, o), o)).min() {
        Some((d, option)) if d <= 2 && name.len() > 3 => {
            Error::new(e.kind(), format!("{}; did you mean the option --{option}?", e.message()))
        }
        _ => e,
    }
}

/// Runs the query; prints the result or writes it.
///
/// # Errors
/// Options, a query, tables or an output that do not fit; what the run fails with.
pub fn run(args: &TableArgs, session: &Session) -> Result<()> {
    crate::chunk::allocator::small_pages();
    let TableArgs { output, overwrite, compression, .. } = args;
    let overwrite = *overwrite;
    let frame = || compressed(query(args)?, compression.as_deref());
    if !args.partition_by.is_empty() {
        let path = output.as_ref().ok_or_else(|| Error::usage("--partition-by needs a folder to write: -o FOLDER"))?;
        let keys: Vec<&str> = args.partition_by.iter().map(String::as_str).collect();
        return frame()?.sink_folder(session, path, TableFormat::Parquet, &keys, overwrite);
    }
    if let Some(folder) = output.as_deref().filter(|p| p.is_dir()) {
        let folder = folder.display();
        return Err(Error::usage(format!(
            "the output {folder} is a folder: name a file in it, like {folder}/result.parquet, or --partition-by for folders of files"
        )));
    }
    let format = output.as_deref().map(TableFormat::of).transpose()?;
    if compression.is_some() && format != Some(TableFormat::Parquet) {
        return Err(Error::usage(
            "--compression is of Parquet: write the result to a .parquet file (-o), or to a folder (--partition-by)",
        ));
    }
    let frame = frame()?;
    match (output, format) {
        (Some(path), Some(TableFormat::Parquet)) => frame.sink_parquet(session, path, overwrite),
        (Some(path), Some(TableFormat::Csv)) => frame.sink_csv(session, path, overwrite),
        (Some(path), Some(TableFormat::Ipc)) => frame.sink_ipc(session, path, overwrite),
        (Some(path), Some(TableFormat::Ndjson)) => frame.sink_ndjson(session, path, overwrite),
        _ => crate::cli::print(&format!("{}\n", crate::cli::preview::shown(&frame, session)?)),
    }
}

/// What the query would do.
///
/// # Errors
/// As [`run`], before anything runs.
pub fn explain(args: &TableArgs, session: &Session) -> Result<String> {
    query(args)?.explain(session)
}

#[cfg(test)]
mod tests {
    use super::tables;
    use std::path::PathBuf;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tables_are_options_of_any_name() {
        let tables = tables(&words(&["--a", "x.csv", "--b=y.parquet"])).unwrap();
        assert_eq!(tables, [("a".to_string(), PathBuf::from("x.csv")), ("b".to_string(), PathBuf::from("y.parquet"))]);
    }

    #[test]
    fn mistakes_are_named() {
        for (given, what) in [(vec!["x.csv"], "--NAME FILE"), (vec!["--a"], "--a FILE"), (vec!["--a", "x", "--A", "y"], "twice")] {
            let e = tables(&words(&given)).unwrap_err();
            assert!(e.message().contains(what), "{e}");
        }
    }
}
