//! Options that every command that runs something has.

use crate::base::bytes::parse_bytes;
use crate::base::{Config, Error, Result};
use crate::session::Session;
use std::path::PathBuf;

/// Memory, threads and what is shown of a run.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// Memory budget, like 512MiB or 2GB (default: half of what this process may use).
    #[arg(long, value_name = "SIZE", env = "TILEWORK_MEMORY")]
    pub memory: Option<String>,
    /// Compute threads (default: all cores).
    #[arg(long, value_name = "N", env = "TILEWORK_THREADS")]
    pub threads: Option<usize>,
    /// Folder for spill files (default: the system's temporary folder).
    #[arg(long, value_name = "DIR", env = "TILEWORK_SPILL_DIR")]
    pub spill_dir: Option<PathBuf>,
    /// Most bytes of spill files on disk.
    #[arg(long, value_name = "SIZE")]
    pub spill_limit: Option<String>,
    /// Show a progress bar with ETA and memory.
    #[arg(long)]
    pub progress: bool,
    /// Write a report of the run: a page (.html) or data (.json).
    #[arg(long, value_name = "PATH")]
    pub report: Option<PathBuf>,
    /// Write a trace of the run for chrome://tracing or Perfetto.
    #[arg(long, value_name = "PATH")]
    pub trace: Option<PathBuf>,
    /// Run every node on its own, without rewrites (the same bits; for comparison).
    #[arg(long, hide = true)]
    pub no_optimize: bool,
}

impl RunArgs {
    /// The settings.
    ///
    /// # Errors
    /// A size that is none, or no threads.
    pub fn config(&self) -> Result<Config> {
        let mut c = Config::default();
        if let Some(m) = &self.memory {
            c.budget_bytes = parse_bytes(m).map_err(|e| e.at("--memory"))?;
        }
        if let Some(l) = &self.spill_limit {
            c.spill_limit_bytes = parse_bytes(l).map_err(|e| e.at("--spill-limit"))?;
        }
        if let Some(n) = self.threads {
            if n == 0 {
                return Err(Error::usage("--threads 0: at least one thread is needed"));
            }
            c.n_threads = n;
        }
        if let Some(d) = &self.spill_dir {
            if !d.is_dir() {
                return Err(Error::usage(format!("--spill-dir {}: no such folder", d.display())));
            }
            c.spill_dir.clone_from(d);
        }
        c.optimize = !self.no_optimize;
        Ok(c)
    }

    /// Runs `job` in a session of these settings: Ctrl-C cancels it, and what was asked for is shown and written.
    ///
    /// # Errors
    /// The job's own; settings that mean nothing; a report that cannot be written.
    pub fn with_session<R>(&self, job: impl FnOnce(&Session) -> Result<R>) -> Result<R> {
        let session = Session::new(self.config()?);
        interruptible(&session)?;
        job(&session)
    }
}

/// Cancels the session's runs on Ctrl-C or a termination signal; the second one ends the process.
fn interruptible(session: &Session) -> Result<()> {
    let token = session.cancel_token().clone();
    let handler = move || {
        if token.is_cancelled() {
            std::process::exit(130);
        }
        eprintln!("\ntilework: interrupted; stopping (again to stop at once)");
        token.cancel();
    };
    match ctrlc::set_handler(handler) {
        // A process that runs several sessions (tests) has the handler of the first.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(e) => Err(Error::new(crate::base::Kind::Environment, format!("cannot handle interrupts: {e}"))),
    }
}
