//! Runs expressions: optimize, plan, schedule, execute, hand over. Holds the settings; passed, never global.

pub mod explain;
pub mod run;
pub mod svg;

pub use explain::Explanation;
pub use run::{Executor, Session};
