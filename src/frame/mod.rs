//! Tables larger than memory: Polars' own expressions on partitions, within a session's budget.

mod broadcast;
mod collect;
mod decompose;
mod derive;
mod error;
mod kept;
mod lazy;
mod likely;
mod open;
mod partition;
mod pipe;
mod relation;
mod repartition;
mod resolve;
mod run;
mod running;
mod sql;
mod sql_keys;
mod sql_like;
mod sql_plain;
mod sql_subquery;
mod sql_window;
mod verbs;
mod walk;
mod window;

pub use kept::Kept;
pub use lazy::{Frame, GroupBy, frame};
pub use open::{files, scan, scan_csv, scan_ipc, scan_ndjson, scan_parquet};
pub use repartition::Partitioning;
