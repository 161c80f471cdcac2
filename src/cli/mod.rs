//! The `tilework` program: typed arguments first, then their meaning. Reads events and sessions only.

pub mod calc;
pub mod data;
pub mod demo;
pub mod info;
#[cfg(feature = "remote")]
pub mod remote;
pub mod run_args;

use crate::base::{Error, Kind, Result};
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
    /// What a raster (or a .npy, or a Zarr array) holds: size, dtype, CRS, affine, nodata, tiles, codec, overviews, chunks.
    Info(info::InfoArgs),
    /// Band math by expression, from GeoTIFF to GeoTIFF or COG.
    Calc(calc::CalcArgs),
    /// What `calc` with the same arguments would do: rewrites, tasks, bytes, memory.
    Explain(calc::CalcArgs),
    /// Lists the seeded data sets, or makes one.
    Datasets(data::DatasetsArgs),
    /// Makes a scene larger than the memory budget and runs the main jobs on it.
    Demo(demo::DemoArgs),
    /// Runs a scheduler, which workers and clients connect to.
    #[cfg(feature = "remote")]
    Scheduler(remote::SchedulerArgs),
    /// Runs a worker, which joins a scheduler.
    #[cfg(feature = "remote")]
    Worker(remote::WorkerArgs),
}

/// Runs the program; gives the exit code: 0, 1 for an error, 2 for wrong arguments, 130 when it was interrupted.
pub fn main() -> ExitCode {
    let program = Program::parse();
    let result = match program.command {
        Command::Info(a) => info::run(&a),
        Command::Calc(a) => calc::run(&a),
        Command::Explain(a) => calc::explain(&a),
        Command::Datasets(a) => data::run(&a),
        Command::Demo(a) => demo::run(&a),
        #[cfg(feature = "remote")]
        Command::Scheduler(a) => remote::scheduler(&a),
        #[cfg(feature = "remote")]
        Command::Worker(a) => remote::worker(&a),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("tilework: {e}");
            ExitCode::from(code(&e))
        }
    }
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
