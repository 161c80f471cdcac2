//! The value of one chunk. No laziness, no I/O, no knowledge of tasks.

#[cfg(feature = "cli")]
pub mod allocator;
pub mod buffer;
#[cfg(feature = "frame")]
pub mod dataframe;
pub mod encode;
pub mod join;
pub mod lanes;
pub mod output;
pub mod pages;
mod table;
#[cfg(feature = "frame")]
pub mod table_bound;
#[cfg(feature = "frame")]
pub mod table_bytes;
pub mod tensor;

pub use buffer::{Buffer, BufferMut};
pub use output::{Loan, Output, Window};
pub use tensor::Tensor;

use crate::base::{Error, Result};
use std::any::Any;
use std::sync::Arc;

/// The value of one chunk. Cloning is cheap: data is shared.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// Nothing: the value of a task that is run for its effect.
    Unit,
    /// A piece of an array.
    Tensor(Tensor),
    /// Several values (a reduction's state, a task's outputs before they are told apart).
    List(Arc<[Chunk]>),
    /// A partition of a table.
    #[cfg(feature = "frame")]
    Table(Arc<polars::prelude::DataFrame>),
    /// Encoded bytes on their way into a file.
    Bytes(Arc<[u8]>),
    /// Any other value, with its size in bytes. It cannot be spilled or sent.
    Object(Arc<dyn Object>),
}

/// A value of a kind only its maker knows.
pub trait Object: Any + Send + Sync + std::fmt::Debug {
    /// Bytes held in memory.
    fn n_bytes(&self) -> u64;
    /// For the maker, to get its value back.
    fn as_any(&self) -> &dyn Any;
}

impl Chunk {
    /// Bytes that a tensor takes beside its elements: itself, its buffer's header and alignment. What makes a million tiny chunks count.
    pub const OVERHEAD_BYTES: u64 = 256;

    /// The piece of an array that this is.
    ///
    /// # Errors
    /// A bug: it is something else.
    pub fn tensor(&self) -> Result<&Tensor> {
        match self {
            Chunk::Tensor(t) => Ok(t),
            other => Err(Error::bug(format!("{other:?} is no piece of an array"))),
        }
    }

    /// Bytes held in memory: what [`payload_bytes`](Chunk::payload_bytes) counts, and the overhead of a value that has parts.
    pub fn n_bytes(&self) -> u64 {
        match self {
            Chunk::Tensor(_) | Chunk::List(_) => self.payload_bytes() + Self::OVERHEAD_BYTES,
            _ => self.payload_bytes(),
        }
    }

    /// Bytes of the elements, rows or encoded bytes that this keeps alive (the whole buffer where a tensor is a view of a larger one).
    pub fn payload_bytes(&self) -> u64 {
        match self {
            Chunk::Unit => 0,
            Chunk::Tensor(t) => t.held_bytes(),
            Chunk::List(items) => items.iter().map(Chunk::payload_bytes).sum(),
            #[cfg(feature = "frame")]
            Chunk::Table(t) => table_bytes::table_bytes(t),
            Chunk::Bytes(b) => b.len() as u64,
            Chunk::Object(o) => o.n_bytes(),
        }
    }
}

impl From<Tensor> for Chunk {
    fn from(t: Tensor) -> Chunk {
        Chunk::Tensor(t)
    }
}
