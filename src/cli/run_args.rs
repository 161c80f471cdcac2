//! Options that every command that runs something has.

use crate::base::bytes::{format_bytes, parse_bytes};
use crate::base::{Config, Error, Result};
use crate::cli::progress::Bar;
use crate::dashboard::{Recorder, Watchers, check_report_path, check_trace_path};
use crate::expr::Expr;
use crate::session::Session;
use std::path::PathBuf;
use std::sync::Arc;

/// More threads are taken for a mistake.
const MOST_THREADS: usize = 1024;

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
    /// Run on the workers of a scheduler (`tilework scheduler`) instead of on threads here.
    #[cfg(feature = "remote")]
    #[arg(long, value_name = "HOST:PORT", env = "TILEWORK_SCHEDULER")]
    pub scheduler: Option<String>,
    /// File with the scheduler's token (default: TILEWORK_TOKEN, else ~/.tilework/scheduler.token).
    #[cfg(feature = "remote")]
    #[arg(long, value_name = "PATH", requires = "scheduler")]
    pub token_file: Option<PathBuf>,
    /// Say nothing when all went well.
    #[arg(long, short, conflicts_with = "progress")]
    pub quiet: bool,
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
            if n > MOST_THREADS {
                return Err(Error::usage(format!(
                    "--threads {n}: more than {MOST_THREADS} threads; as many as there are cores are enough"
                )));
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

    /// Runs `job` in a session of these settings: Ctrl-C cancels it, what was asked for is shown and written, and at the end
    /// (unless `--quiet`) time, bytes and peak memory are said.
    ///
    /// # Errors
    /// The job's own; settings that mean nothing; a report that cannot be written.
    pub fn with_session<R>(&self, job: impl FnOnce(&Session) -> Result<R>) -> Result<R> {
        if let Some(p) = &self.report {
            check_report_path(p).map_err(|e| e.at("--report"))?;
        }
        if let Some(p) = &self.trace {
            check_trace_path(p).map_err(|e| e.at("--trace"))?;
        }
        let config = self.config()?;
        let recorder = Arc::new(Recorder::new());
        recorder.set("command", std::env::args().skip(1).collect::<Vec<_>>().join(" "));
        recorder.set("memory budget", format_bytes(config.budget_bytes));
        recorder.set("threads", config.n_threads);
        let bar = Arc::new(Bar::new(!self.progress));
        let watchers = Watchers::new().with(recorder.clone());
        let watchers = if self.progress { watchers.with(bar.clone()) } else { watchers };
        let session = self.executor(Session::new(config))?.with_watcher(watchers.into_watcher());
        interruptible(&session)?;
        let result = job(&session);
        bar.clear();
        if let Err(e) = &result {
            recorder.fail(e);
        }
        if let Some(p) = &self.report {
            recorder.write_report(p)?;
        }
        if let Some(p) = &self.trace {
            recorder.write_trace(p)?;
        }
        if result.is_ok() && !self.quiet {
            crate::cli::say(&recorder.summary());
        }
        result
    }

    /// Says on standard error what is wrong with the chunks of a plan, as `explain` does (unless `--quiet`).
    ///
    /// # Errors
    /// When an expression cannot be rewritten (a bug).
    pub fn warn(&self, session: &Session, roots: &[Expr]) -> Result<()> {
        let warnings = if self.quiet { vec![] } else { session.warnings(roots)? };
        warnings.iter().for_each(|w| crate::cli::say(&format!("warning: {w}")));
        Ok(())
    }

    #[cfg(feature = "remote")]
    fn executor(&self, session: Session) -> Result<Session> {
        use crate::exec::remote::{RemoteConfig, Token};
        let Some(address) = &self.scheduler else { return Ok(session) };
        let token = Token::find(self.token_file.as_deref())?;
        Ok(session.with_executor(crate::session::Executor::Remote(RemoteConfig::new(address, token))))
    }

    #[cfg(not(feature = "remote"))]
    fn executor(&self, session: Session) -> Result<Session> {
        Ok(session)
    }
}

/// Cancels the session's runs on Ctrl-C or a termination signal; the second one ends the process.
fn interruptible(session: &Session) -> Result<()> {
    let token = session.cancel_token().clone();
    let handler = move || {
        if token.is_cancelled() {
            std::process::exit(130);
        }
        crate::cli::say("\ntilework: interrupted; stopping (again to stop at once)");
        token.cancel();
    };
    match ctrlc::set_handler(handler) {
        // A process that runs several sessions (tests) has the handler of the first.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(e) => Err(Error::new(crate::base::Kind::Environment, format!("cannot handle interrupts: {e}"))),
    }
}
