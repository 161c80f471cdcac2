//! Queries on tables in partitions give what Polars gives on the whole.

mod aggregates;
mod files;
mod pdsh;
mod queries;
