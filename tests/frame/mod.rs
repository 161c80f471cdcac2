//! Queries on tables in partitions give what Polars gives on the whole.

mod aggregates;
mod benchmark;
mod clustered;
mod files;
mod formats;
mod partitions;
mod queries;
mod sieve;
mod sql;
#[cfg(feature = "cloud")]
mod urls;
mod verbs;
