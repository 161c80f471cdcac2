//! Lazy expressions: the node kinds, what is known of each when it is made, where arrays come from and go.

pub mod sink;
pub mod source;

pub use sink::Sink;
pub use source::Source;
