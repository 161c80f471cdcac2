//! What functions known by name share: their fields as parameters on the wire, and a key made of name and parameters.

use crate::base::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_128;

/// The fields as bytes.
///
/// # Errors
/// A bug: fields that are no bytes.
pub(super) fn params<T: Serialize>(name: &str, op: &T) -> Result<Vec<u8>> {
    postcard::to_stdvec(op).map_err(|e| Error::bug(format!("{name}: {e}")))
}

/// The function with the fields that these bytes are.
///
/// # Errors
/// Parameters that cannot be read.
pub(super) fn opened<T: DeserializeOwned>(name: &str, params: &[u8]) -> Result<T> {
    postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of {name}: {e}")))
}

/// What tells a function from any other.
pub(super) fn key(name: &str, params: &[u8]) -> u128 {
    xxh3_128(&[name.as_bytes(), b"\0", params].concat())
}
