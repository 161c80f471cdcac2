//! Expressions as bytes: what crosses the wire in place of tasks.
//!
//! A document lists the nodes, inputs first. Ops stand in it by name and are looked up in the op tables; sources, sinks and
//! named functions stand by name and parameters and are made again by a [`Registry`](crate::format::registry::Registry).
//! Closures cannot be sent and say so. The forms on the wire are types of their own (`form`), so that the inner ones may
//! change.
//!
//! Decoding trusts nothing: whatever the bytes say is checked before a node is made of it, sizes are bounded, and a broken
//! document is `Corrupt`. Decoding the same bytes gives the same plan everywhere.

mod check;
mod decode;
mod encode;
mod form;

pub use decode::decode;
pub use encode::encode;
pub use form::{VERSION, registry_hash};

use crate::expr::Source;
use xxhash_rust::xxh3::xxh3_128;

/// What tells a source's content from any other's in every process: that of elements which go along is what they are, not where they lie.
fn source_key(source: &dyn Source, params: &[u8]) -> u128 {
    if source.in_memory() { xxh3_128(params) } else { source.key() }
}
