//! Lazy expressions: the node kinds, what is known of each when it is made, where arrays come from and go.

pub mod build;
pub mod call;
pub mod chunks;
pub mod explain;
pub mod function;
pub mod map;
pub mod node;
pub mod picks;
pub mod reshape;
pub mod sink;
pub mod source;
pub mod table;
pub mod take;
pub mod unknown;
pub mod verify;

pub use chunks::Chunks;
pub use map::{AxisMap, IndexMap};
pub use node::{Expr, Key, Kind, Meta};
pub use sink::Sink;
pub use source::Source;
