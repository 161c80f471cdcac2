//! Functions on blocks that misbehave when told to, registered in this program only.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tilework::chunk::{Chunk, Tensor};
use tilework::expr::call::{BlockInfo, CallOp};
use tilework::expr::function::BlockFunction;
use tilework::format::registry::Registry;
use tilework::{Error, Result};

/// What a block does before it gives back its input.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Act {
    /// Takes its time.
    Sleep { ms: u64 },
    /// Waits while there is such a file.
    Hold { file: PathBuf },
    /// Fails at this block.
    Fail { at: usize },
    /// Panics at this block.
    Panic { at: usize },
    /// Kills its process at this block.
    Die { at: usize },
}

#[derive(Debug)]
pub struct Misbehave(pub Act);

/// A function of the user's that workers find by name: numbers times one number.
pub static TIMES: BlockFunction =
    BlockFunction { name: "times", run: |_, b, by| Ok(vec![Tensor::from_ndarray(b[0].to_ndarray::<f64>()? * by[0])]) };

pub fn register(r: &mut Registry) {
    r.add_function(&TIMES);
    r.add_call("misbehave", |p| Ok(Arc::new(Misbehave(postcard::from_bytes(p).map_err(|e| Error::corrupt(e.to_string()))?))));
}

impl CallOp for Misbehave {
    fn name(&self) -> Option<&'static str> {
        Some("misbehave")
    }

    fn params(&self) -> Result<Vec<u8>> {
        postcard::to_stdvec(&self.0).map_err(|e| Error::bug(e.to_string()))
    }

    fn key(&self) -> u128 {
        self.params().map_or(0, |p| xxhash_rust::xxh3::xxh3_128(&p))
    }

    fn label(&self) -> String {
        "misbehave".into()
    }

    fn run(&self, block: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        match &self.0 {
            Act::Sleep { ms } => std::thread::sleep(Duration::from_millis(*ms)),
            Act::Hold { file } => {
                while file.exists() {
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
            Act::Fail { at } if *at == block.index => return Err(Error::usage("this block does not like you")),
            Act::Panic { at } if *at == block.index => panic!("this block has had enough"),
            Act::Die { at } if *at == block.index => std::process::abort(),
            _ => {}
        }
        Ok(inputs[0].clone())
    }
}
