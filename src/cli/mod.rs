//!
#[cfg(feature = "frame")]
pub mod table;
