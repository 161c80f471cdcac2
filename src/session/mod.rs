//! Runs expressions: optimize, plan, schedule, execute, hand over. Holds the settings; passed, never global.

mod avoidable;
pub mod chunk_report;
pub mod explain;
mod play;
pub mod run;
pub mod svg;
pub mod warning;

pub use chunk_report::{ChunkReport, ChunkRow};
pub use explain::Explanation;
pub use run::{Executor, Place, Session};
pub use warning::{ChunkWarning, WarningKind};
