//! What every block function needs to be a node's: its name, its parameters as bytes, a key made of both.

use crate::base::{Error, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::call::{BlockInfo, CallOp};
use crate::op::block::{BinCount, Histogram, IsIn, SearchSorted, TopK};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// A block function that is known by name. Its fields are its parameters.
pub trait NamedBlock: Serialize + DeserializeOwned + Debug + Send + Sync + 'static {
    /// Name on the wire and for people.
    const NAME: &'static str;

    /// Computes a block of shape `out`.
    ///
    /// # Errors
    /// Values that it does not take; inputs of another dtype or shape than it is made for.
    fn compute(&self, inputs: &[Tensor], out: &[usize]) -> Result<Tensor>;

    /// Upper bound of the bytes needed beside inputs and result: as much as the inputs, which may have to be copied together.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.iter().sum()
    }

    /// Bytes that the parameters take, held from start to end of a run.
    fn held_bytes(&self) -> u64;
}

#[derive(Debug)]
struct Shared<B> {
    block: B,
    params: Vec<u8>,
}

/// The function as a node holds it.
///
/// # Errors
/// A bug: parameters that are no bytes.
pub fn shared<B: NamedBlock>(block: B) -> Result<Arc<dyn CallOp>> {
    let params = postcard::to_stdvec(&block).map_err(|e| Error::bug(format!("{}: {e}", B::NAME)))?;
    Ok(Arc::new(Shared { block, params }))
}

/// Names of all block functions.
pub const NAMES: &[&str] = &[SearchSorted::NAME, IsIn::NAME, Histogram::NAME, BinCount::NAME, TopK::NAME];

/// The function of a name and parameters; None if there is no such name.
///
/// # Errors
/// Parameters that cannot be read.
pub fn open(name: &str, params: &[u8]) -> Result<Option<Arc<dyn CallOp>>> {
    fn made<B: NamedBlock>(params: &[u8]) -> Result<Option<Arc<dyn CallOp>>> {
        let block: B = postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of {}: {e}", B::NAME)))?;
        shared(block).map(Some)
    }
    match name {
        SearchSorted::NAME => made::<SearchSorted>(params),
        IsIn::NAME => made::<IsIn>(params),
        Histogram::NAME => made::<Histogram>(params),
        BinCount::NAME => made::<BinCount>(params),
        TopK::NAME => made::<TopK>(params),
        _ => Ok(None),
    }
}

impl<B: NamedBlock> CallOp for Shared<B> {
    fn name(&self) -> Option<&'static str> {
        Some(B::NAME)
    }

    fn params(&self) -> Result<Vec<u8>> {
        Ok(self.params.clone())
    }

    fn key(&self) -> u128 {
        xxh3_128(&[B::NAME.as_bytes(), b"\0", &self.params].concat())
    }

    fn label(&self) -> String {
        B::NAME.to_string()
    }

    fn run(&self, block: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        let tensors = inputs.iter().map(|c| match c {
            Chunk::Tensor(t) => Ok(t.contiguous()),
            other => Err(Error::bug(format!("{other:?} is no piece of an array"))),
        });
        let tensors: Vec<Tensor> = tensors.collect::<Result<_>>()?;
        self.block.compute(&tensors, &block.region.shape()).map(Chunk::Tensor).map_err(|e| e.at(B::NAME))
    }

    fn bytes(&self, input_bytes: &[u64]) -> (Option<u64>, u64) {
        (None, self.block.scratch_bytes(input_bytes))
    }

    fn held_bytes(&self) -> u64 {
        self.block.held_bytes() + self.params.len() as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 2
    }
}
