//! The `tilework` program: typed arguments first, then their meaning. Reads events and sessions only.

pub mod calc;
pub mod data;
pub mod demo;
pub mod info;
#[cfg(feature = "frame")]
mod info_table;
#[cfg(feature = "frame")]
mod preview;
pub mod progress;
#[cfg(feature = "remote")]
pub mod remote;
pub mod run_args;
#[cfg(feature = "frame")]
pub mod table;

use crate::base::{Error, Kind, Result};
#[cfg(feature = "frame")]
use crate::session::Session;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Lazy arrays, rasters and tables that don't fit in memory, run inside a memory budget.
#[derive(Debug, Parser)]
#[command(name = "tilework", version, about, arg_required_else_help = true)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What a raster, an array or a table holds: size, dtype, CRS, affine, nodata, tiles, codec, overviews, chunks; columns, rows, row groups.
    Info(info::InfoArgs),
    /// Band math by expression, from GeoTIFF to GeoTIFF or COG.
    Calc(calc::CalcArgs),
    /// What `calc` with the same arguments would do: rewrites, tasks, bytes, memory.
    Explain(calc::CalcArgs),
    /// Lists the seeded data sets, or makes one.
    Datasets(data::DatasetsArgs),
    /// Makes a scene larger than the memory budget and runs the main jobs on it.
    Demo(demo::DemoArgs),
    /// Runs SQL over Parquet, CSV, Arrow IPC and NDJSON files.
    #[cfg(feature = "frame")]
    Table(TableCommand),
    /// Runs a scheduler on this machine, which clients and workers connect to.
    #[cfg(feature = "remote")]
    Scheduler(remote::SchedulerArgs),
    /// Runs a worker, which joins a scheduler.
    #[cfg(feature = "remote")]
    Worker(remote::WorkerArgs),
}

/// A query and how it is run.
#[cfg(feature = "frame")]
#[derive(Debug, clap::Args)]
struct TableCommand {
    /// Say what the query would do (steps, tasks, bytes, memory), and do nothing.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    query: table::TableArgs,
    #[command(flatten)]
    run: run_args::RunArgs,
}

/// Runs the program; gives the exit code: 0, 1 for an error, 2 for wrong arguments, 130 when it was interrupted.
pub fn main() -> ExitCode {
    let program = Program::parse_from(arguments(std::env::args_os().collect()));
    let result = match program.command {
        Command::Info(a) => info::run(&a),
        Command::Calc(a) => calc::run(&a),
        Command::Explain(a) => calc::explain(&a),
        Command::Datasets(a) => data::run(&a),
        Command::Demo(a) => demo::run(&a),
        #[cfg(feature = "frame")]
        Command::Table(a) => {
            start_over_for_polars(&a.run);
            if a.explain {
                a.run.config().and_then(|c| print(&table::explain(&a.query, &Session::new(c))?))
            } else {
                a.run.with_session(|s| table::run(&a.query, s))
            }
        }
        #[cfg(feature = "remote")]
        Command::Scheduler(a) => remote::scheduler(&a),
        #[cfg(feature = "remote")]
        Command::Worker(a) => remote::worker(&a),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            say(&format!("tilework: {e}"));
            ExitCode::from(code(&e))
        }
    }
}

/// Rows of a result that are printed, its first and its last.
#[cfg(feature = "frame")]
const PRINTED_ROWS: &str = "40";

/// Polars reads the size of its thread pool from the environment as a process starts: the program starts over with it set (once), so that
/// `--threads` holds for Polars' work too. So it does with what is printed of a table.
#[cfg(feature = "frame")]
fn start_over_for_polars(run: &run_args::RunArgs) {
    use std::os::unix::process::CommandExt;
    const STARTED: &str = "TILEWORK_STARTED_OVER";
    let (Ok(program), Ok(config)) = (std::env::current_exe(), run.config()) else { return };
    if std::env::var_os(STARTED).is_some() {
        return;
    }
    let mut again = std::process::Command::new(program);
    again.args(std::env::args_os().skip(1)).env(STARTED, "1");
    if std::env::var_os("POLARS_MAX_THREADS").is_none() {
        again.env("POLARS_MAX_THREADS", config.n_threads.to_string());
    }
    if std::env::var_os("POLARS_FMT_MAX_ROWS").is_none() {
        again.env("POLARS_FMT_MAX_ROWS", PRINTED_ROWS);
    }
    let _ = again.exec(); // only returns if it failed; then the work is done as it can be here
}

/// The arguments, with the program's own options moved in front of the tables of a query, whose names are the user's options.
#[cfg(feature = "frame")]
fn arguments(all: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    use clap::CommandFactory;
    if all.get(1).is_none_or(|a| a != "table") {
        return all;
    }
    let program = Program::command();
    let known = |word: &str| {
        let mut arguments = program.find_subcommand("table")?.get_arguments();
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next()?;
            let argument = arguments.find(|a| a.get_long() == Some(name))?;
            return Some(argument.get_action().takes_values() && !option.contains('='));
        }
        let mut letters = word.strip_prefix('-')?.chars();
        let letter = letters.next()?;
        let argument = arguments.find(|a| a.get_short() == Some(letter))?;
        Some(argument.get_action().takes_values() && letters.next().is_none())
    };
    let (mut front, mut rest) = (all[..2].to_vec(), Vec::new());
    let mut words = all[2..].iter().cloned();
    while let Some(word) = words.next() {
        match word.to_str().and_then(known) {
            None => rest.push(word),
            Some(takes_value) => {
                front.push(word);
                if takes_value {
                    front.extend(words.next());
                }
            }
        }
    }
    front.extend(rest);
    front
}

#[cfg(not(feature = "frame"))]
fn arguments(all: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    all
}

/// The exit code of an error.
fn code(e: &Error) -> u8 {
    if e.kind() == Kind::Cancelled { 130 } else { 1 }
}

/// Text on standard output; a reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    use std::io::Write;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::io("standard output", &e)),
        _ => Ok(()),
    }
}

/// A line on standard error; a reader that went away (`2>&1 | head`) is no error, and nobody is left to be told of others.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(all(test, feature = "frame"))]
mod tests {
    use super::arguments;

    #[test]
    fn options_may_stand_among_tables() {
        let words = |line: &str| line.split(' ').map(Into::into).collect::<Vec<std::ffi::OsString>>();
        let given =
            "tilework table SELECT --a x.csv -q --memory 1GiB --b=y.csv -o out.csv --overwrite --c - --compression=lz4 -oz.csv";
        let want =
            "tilework table -q --memory 1GiB -o out.csv --overwrite --compression=lz4 -oz.csv SELECT --a x.csv --b=y.csv --c -";
        assert_eq!(arguments(words(given)), words(want));
        assert_eq!(arguments(words("tilework calc --a x -q")), words("tilework calc --a x -q"));
    }
}
