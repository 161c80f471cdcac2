//!
#[cfg(feature = "remote")]
pub mod remote;
