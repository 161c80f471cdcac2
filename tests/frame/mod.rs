//! Queries on tables in partitions give what Polars gives on the whole.

mod aggregates;
mod benchmark;
mod clustered;
mod files;
mod formats;
mod queries;
mod sieve;
mod sql;
mod verbs;
