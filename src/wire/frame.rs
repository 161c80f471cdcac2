//! Frames: a length of four bytes (little-endian) and that many bytes.
//!
//! A length is checked against the bound of what may come before anything is read or allocated for it.

use crate::base::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of the length in front of a frame.
pub const HEADER_BYTES: usize = 4;
/// Longest frame from a peer that has not shown the token yet.
pub const MAX_HELLO_BYTES: usize = 4 << 10;
/// Longest frame of a control message.
pub const MAX_CONTROL_BYTES: usize = 16 << 20;
/// Longest piece of a chunk.
pub const MAX_PIECE_BYTES: usize = 1 << 20;

/// The length that a header announces.
///
/// # Errors
/// `Corrupt` when it is beyond `max`.
pub fn length(header: [u8; HEADER_BYTES], max: usize) -> Result<usize> {
    let n = u32::from_le_bytes(header) as usize;
    if n > max {
        return Err(Error::corrupt(format!("a frame of {n} bytes where at most {max} may come")));
    }
    Ok(n)
}

/// Appends a message as a frame.
///
/// # Errors
/// A message longer than `max`; `out` is as it was then.
pub fn append<T: Serialize>(message: &T, max: usize, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    out.extend([0; HEADER_BYTES]);
    let written = postcard::to_io(message, &mut *out).map(drop);
    let n = out.len() - start - HEADER_BYTES;
    if written.is_err() || n > max {
        out.truncate(start);
        return Err(Error::usage(format!(
            "a message of {n} bytes where at most {max} can be sent: use fewer nodes or smaller arrays"
        )));
    }
    // `max` is far below 2^32.
    out[start..start + HEADER_BYTES].copy_from_slice(&(n as u32).to_le_bytes());
    Ok(())
}

/// The message in a frame.
///
/// # Errors
/// `Corrupt` when the bytes are no such message, or more follow.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let (message, rest) = postcard::take_from_bytes(bytes).map_err(|e| Error::corrupt(format!("a broken message: {e}")))?;
    if rest.is_empty() { Ok(message) } else { Err(Error::corrupt(format!("{} bytes follow a message", rest.len()))) }
}
