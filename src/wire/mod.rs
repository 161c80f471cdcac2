//! What processes say to each other: versioned messages in length-bounded frames.
//!
//! Types here are forms of their own, not the inner types, so that a change inside is no change of the protocol. Nothing here
//! reads or writes a socket; what comes in is bounded before it is read and checked before it is believed.

pub mod frame;
pub mod hello;
pub mod message;

pub use hello::{Hello, Role};
