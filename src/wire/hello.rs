//! The first frame on every connection, and its answer.
//!
//! It begins with a magic number and the range of protocol versions in a form that never changes, so that any two versions can
//! tell each other apart; the rest is read only when the versions meet. The token is compared before anything else is
//! looked at, in constant time.

use super::frame;
use crate::base::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

const MAGIC: [u8; 4] = *b"TWRP";
/// Lowest version of the protocol that is spoken here.
pub const MIN_VERSION: u16 = 1;
/// Highest version of the protocol that is spoken here.
pub const MAX_VERSION: u16 = 1;

/// What shows that a peer belongs here: 256 random bits.
pub type Secret = [u8; 32];

/// What a peer says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The token.
    pub secret: Secret,
    /// Hash of everything that can be named in an expression.
    pub registry: u64,
    /// Version of the crate, and of what the form of tables depends on.
    pub build: String,
    /// What it wants to be.
    pub role: Role,
}

/// What a connection is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// A worker joins.
    Worker {
        /// Threads.
        n_slots: u32,
        /// Memory.
        budget_bytes: u64,
        /// Port where it gives out chunks.
        data_port: u16,
        /// Its process, for messages.
        process: u32,
    },
    /// A client will submit a run.
    Client {
        /// Port where it gives out chunks.
        data_port: u16,
    },
    /// Chunks are asked for.
    Data,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Welcome, in this version of the protocol.
    Welcome {
        /// The version.
        version: u16,
    },
    /// Go away.
    Refused {
        /// Why, naming both sides.
        why: String,
    },
}

/// This build in words, for the comparison of both sides.
pub fn build() -> String {
    let tables = if cfg!(feature = "frame") { "polars 0.55" } else { "no tables" };
    format!("tilework {} ({tables})", env!("CARGO_PKG_VERSION"))
}

/// Appends the frame of a hello.
///
/// # Errors
/// A build name of kilobytes.
pub fn append(hello: &Hello, versions: (u16, u16), out: &mut Vec<u8>) -> Result<()> {
    let fixed = (MAGIC, versions.0.to_le_bytes(), versions.1.to_le_bytes());
    // Byte arrays have no length in front, so this is the magic, two numbers and the rest.
    frame::append(&(fixed, hello), frame::MAX_HELLO_BYTES, out)
}

/// Reads a hello and compares it with what this side is; gives the version of the protocol to speak.
///
/// # Errors
/// Why the peer is refused, naming both sides.
pub fn check(bytes: &[u8], ours: &Secret, registry: u64) -> Result<(u16, Hello)> {
    let refuse = |why: String| Error::new(Kind::Usage, why);
    let Some((head, rest)) = bytes.split_at_checked(8).filter(|(h, _)| h[..4] == MAGIC) else {
        return Err(Error::corrupt("this is no hello of Tilework"));
    };
    let (min, max) = (u16::from_le_bytes([head[4], head[5]]), u16::from_le_bytes([head[6], head[7]]));
    if min > MAX_VERSION || max < MIN_VERSION {
        return Err(refuse(format!(
            "the peer speaks versions {min} to {max} of the protocol, this side {MIN_VERSION} to {MAX_VERSION}: use the same release"
        )));
    }
    let hello: Hello = frame::decode(rest)?;
    if !same_secret(&hello.secret, ours) {
        return Err(refuse("the token is wrong: give the token that the scheduler wrote when it started".into()));
    }
    if hello.build != build() {
        let theirs: String = hello.build.chars().take(100).collect();
        return Err(refuse(format!("the peer is {theirs}, this side is {}: use the same release", build())));
    }
    if hello.registry != registry {
        return Err(refuse(format!(
            "the peer knows other operations and formats ({:016x}) than this side ({registry:016x}): use the same build",
            hello.registry
        )));
    }
    Ok((max.min(MAX_VERSION), hello))
}

/// Compares without telling by the time it takes where the first difference is.
fn same_secret(a: &Secret, b: &Secret) -> bool {
    let difference = a.iter().zip(b).fold(0u8, |d, (x, y)| std::hint::black_box(d | (x ^ y)));
    std::hint::black_box(difference) == 0
}
