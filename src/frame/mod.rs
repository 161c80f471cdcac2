//! Tables larger than memory: Polars' own expressions on partitions, within a session's budget.

mod collect;
mod decompose;
mod error;
mod lazy;
mod open;
mod pipe;
mod relation;
mod run;
mod sql;
mod walk;

pub use lazy::{Frame, GroupBy, frame};
pub use open::{files, scan, scan_csv, scan_ipc, scan_ndjson, scan_parquet};
