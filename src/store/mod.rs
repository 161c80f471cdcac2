//! Byte stores: values under keys, in memory, in a folder, or behind a URL.

pub mod file;
pub mod key;
pub mod memory;
#[cfg(feature = "cloud")]
pub mod object;
pub mod url;

pub use file::{FileStore, folder};
pub use key::{Listing, Store, check_key};
pub use memory::MemoryStore;
#[cfg(feature = "cloud")]
pub use object::{ObjectStore, Patience};

#[cfg(all(test, feature = "cloud"))]
pub(crate) mod http_tests;
#[cfg(test)]
mod tests;
