//! The operations, by family; one row or one file each.

pub mod reduction;
pub mod scan;
