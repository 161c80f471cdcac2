//! Tilework: lazy arrays, rasters and tables that don't fit in memory, run inside a memory budget.
//!
//! A user's calls build a lazy expression; it is rewritten, lowered to a graph of tasks over chunks, and one scheduler runs that
//! graph within a budget of bytes, on local threads or on worker processes. Results are the same bits whatever the number of
//! threads, the budget or the order of events.
//!
//! ```text
//! array · frame · raster          what users touch: thin over an expression
//!         │
//!       expr ─▶ optimize ─▶ plan ─▶ sched ─▶ exec ─▶ kernel
//!    (9 node kinds)   (rules)  (tasks, bytes)  (pure)  (threads, workers)  (chunks)
//! ```
//!
//! The same in code:
//!
//! ```
//! use tilework::array::{arange, where_};
//! use tilework::{Config, Session};
//!
//! // Built lazily: shapes, dtypes and chunks are known, and wrong calls fail, here.
//! let x = arange(0.0, 1e6, 1.0, 100_000)?;
//! let y = where_(&x.greater(10.0)?, &x.sqrt()?, 0.0)?;
//! let mean = y.mean(None)?;
//!
//! // What would happen, before it does.
//! let plan = mean.explain()?;
//! assert_eq!(plan.n_tasks, 10 + 2 + 1); // ten fused chunks, two levels of combining
//!
//! // Run in 64 MiB on two threads.
//! let session = Session::new(Config { budget_bytes: 64 << 20, n_threads: 2, ..Config::default() });
//! let value = mean.compute_in(&session)?.at(&[]).as_f64();
//! assert!((value - 666.6).abs() < 0.1);
//! # Ok::<(), tilework::Error>(())
//! ```
//!
//! Start at [`array`](mod@array) for arrays, `raster` for georeferenced ones, `frame` for tables; [`Session`] runs things; [`op`] has the tables of
//! operations; `docs/architecture.md` tells how it is built.
#![deny(missing_docs)]

pub mod base;
pub mod chunk;
pub mod dashboard;
pub mod exec;
pub mod expr;
pub mod format;
pub mod graph;
pub mod kernel;
pub mod op;
pub mod optimize;
pub mod plan;
pub mod sched;
pub mod session;
pub mod spill;
pub mod store;
pub mod wire;

pub mod array;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
#[path = "../datasets/mod.rs"]
mod datasets;
#[cfg(feature = "frame")]
pub mod frame;
#[cfg(feature = "raster")]
pub mod raster;

pub use base::bytes::{format_bytes, parse_bytes};
pub use base::config::Config;
pub use base::dtype::{C64, C128, DType};
pub use base::error::{Error, Kind as ErrorKind, Result};
pub use base::scalar::{Element, Scalar};
pub use expr::Chunks;
pub use session::Session;
