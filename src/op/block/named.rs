//! What every block function needs to be a node's: its name, its parameters as bytes, a key made of both.

use crate::base::Result;
use crate::chunk::{Chunk, Tensor};
use crate::expr::call::{BlockInfo, CallOp};
use crate::op::named;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;

/// A block function that is known by name. Its fields are its parameters.
pub trait NamedBlock: Serialize + DeserializeOwned + Debug + Send + Sync + 'static {
    /// Name on the wire and for people.
    const NAME: &'static str;

    /// One sentence for the docs.
    const DOC: &'static str;

    /// Whether `compute` wants its inputs in C order; else they may be views with any strides, 0 along axes that an input lacks.
    const CONTIGUOUS: bool = true;

    /// Whether results are made in [`BufferMut`](crate::chunk::BufferMut)s of their size.
    const FILLS_BUFFERS: bool = false;

    /// Computes the block that lies at `block.region` of the result.
    ///
    /// # Errors
    /// Values that it does not take; inputs of another dtype or shape than it is made for.
    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor>;

    /// Upper bound of the bytes needed beside inputs and result: as much as the inputs, which may have to be copied together.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.iter().sum()
    }

    /// Bytes that the parameters take, held from start to end of a run.
    fn held_bytes(&self) -> u64 {
        0
    }

    /// What every thread that ran a block keeps: what functions that share it call it, and its bytes.
    fn kept(&self) -> Option<(&'static str, u64)> {
        None
    }

    /// About how long a block takes, in nanoseconds, if inputs and result have `bytes` together.
    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 2
    }
}

/// A block function in the table of all.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name on the wire and for people.
    pub name: &'static str,
    /// One sentence for the docs.
    pub doc: &'static str,
    make: fn(&[u8]) -> Result<Arc<dyn CallOp>>,
}

impl Row {
    /// The row of a function.
    pub const fn of<B: NamedBlock>() -> Row {
        Row { name: B::NAME, doc: B::DOC, make: made::<B> }
    }

    /// The function with parameters as they come over the wire.
    ///
    /// # Errors
    /// Parameters that cannot be read.
    pub fn open(&self, params: &[u8]) -> Result<Arc<dyn CallOp>> {
        (self.make)(params)
    }
}

fn made<B: NamedBlock>(params: &[u8]) -> Result<Arc<dyn CallOp>> {
    shared(named::opened::<B>(B::NAME, params)?)
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
    let params = named::params(B::NAME, &block)?;
    Ok(Arc::new(Shared { block, params }))
}

impl<B: NamedBlock> CallOp for Shared<B> {
    fn name(&self) -> Option<&'static str> {
        Some(B::NAME)
    }

    fn params(&self) -> Result<Vec<u8>> {
        Ok(self.params.clone())
    }

    fn key(&self) -> u128 {
        named::key(B::NAME, &self.params)
    }

    fn label(&self) -> String {
        B::NAME.to_string()
    }

    fn run(&self, block: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        let tensors = inputs.iter().map(|c| c.tensor().map(|t| if B::CONTIGUOUS { t.contiguous() } else { t.clone() }));
        let tensors: Vec<Tensor> = tensors.collect::<Result<_>>()?;
        self.block.compute(block, &tensors).map(Chunk::Tensor).map_err(|e| e.at(B::NAME))
    }

    fn bytes(&self, input_bytes: &[u64]) -> (Option<u64>, u64) {
        (None, self.block.scratch_bytes(input_bytes))
    }

    fn held_bytes(&self) -> u64 {
        self.block.held_bytes() + self.params.len() as u64
    }

    fn kept(&self) -> Option<(&'static str, u64)> {
        self.block.kept()
    }

    fn fills_buffers(&self) -> bool {
        B::FILLS_BUFFERS
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        self.block.cost_ns(bytes)
    }
}
