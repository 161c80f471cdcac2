//! The relations of a query: one file says how each is read from Polars' plan and how it is run on partitions.

pub(super) mod aggregate;
pub(super) mod asof;
pub(super) mod clustered;
mod full;
pub(super) mod function;
pub(super) mod grouped;
pub(super) mod join;
mod pairs;
mod repartition;
pub(super) mod rows;
pub(super) mod scan;
mod scan_files;
pub(super) mod shared;
pub(super) mod slice;
pub(super) mod sort;
pub(super) mod union;
pub(super) mod unique;
mod validate;
pub(super) mod whole;
