//! `tilework scheduler` and `tilework worker`.

use crate::base::config::available_memory;
use crate::base::{Error, Result};
use crate::exec::remote::{SchedulerConfig, Token, WorkerConfig, serve, work};
use crate::format::registry::Registry;
use crate::{format_bytes, parse_bytes};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Runs a scheduler, which clients and workers connect to.
#[derive(Clone, Debug, clap::Args)]
pub struct SchedulerArgs {
    /// Address to listen on; loopback only.
    #[arg(long, default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// Port to listen on (0: any that is free).
    #[arg(long, default_value_t = 7821)]
    pub port: u16,
    /// File to write the token to that workers and clients must show; without it TILEWORK_TOKEN is taken, else the file is
    /// ~/.tilework/scheduler.token.
    #[arg(long)]
    pub token_file: Option<PathBuf>,
    /// Seconds that a run waits for a worker when there is none.
    #[arg(long, default_value_t = 30.0)]
    pub worker_timeout: f64,
    /// Seconds after which a worker or client that has said nothing is taken for lost.
    #[arg(long, default_value_t = 20.0)]
    pub silence: f64,
    /// Stop when standard input ends.
    #[arg(long)]
    pub until_eof: bool,
}

/// Runs a worker, which joins a scheduler.
#[derive(Clone, Debug, clap::Args)]
pub struct WorkerArgs {
    /// Address and port of the scheduler.
    #[arg(default_value = "127.0.0.1:7821")]
    pub scheduler: String,
    /// Threads (default: all cores).
    #[arg(long)]
    pub threads: Option<usize>,
    /// Memory this worker may hold, as 4GiB (default: half of what there is).
    #[arg(long, value_parser = memory)]
    pub memory: Option<u64>,
    /// File with the scheduler's token; without it TILEWORK_TOKEN is taken, else the file is ~/.tilework/scheduler.token.
    #[arg(long)]
    pub token_file: Option<PathBuf>,
    /// Folder for spill files (default: the system's temporary folder).
    #[arg(long)]
    pub spill_dir: Option<PathBuf>,
}

fn memory(text: &str) -> Result<u64, String> {
    text.parse().or_else(|_| parse_bytes(text).map_err(|e| e.to_string()))
}

impl SchedulerArgs {
    /// What the arguments mean.
    ///
    /// # Errors
    /// When a token cannot be made.
    pub fn config(&self) -> Result<SchedulerConfig> {
        let token = match (&self.token_file, Token::from_environment()?) {
            (None, Some(token)) => token,
            _ => Token::random()?,
        };
        let seconds = |s: f64, least: f64| {
            let ok = Duration::try_from_secs_f64(s).ok().filter(|_| s >= least);
            ok.ok_or_else(|| Error::usage(format!("a time of {s} seconds: give at least {least}")))
        };
        let (worker_timeout, silence) = (seconds(self.worker_timeout, 0.0)?, seconds(self.silence, 2.0)?);
        Ok(SchedulerConfig { bind: self.bind, port: self.port, token, worker_timeout, silence, until_eof: self.until_eof })
    }

    /// Says where the scheduler listens, and writes a new token to its file: not before it does, as another scheduler's may be there.
    ///
    /// # Errors
    /// When the token cannot be written.
    pub fn ready(&self, config: &SchedulerConfig, address: SocketAddr) -> Result<()> {
        if self.token_file.is_some() || Token::from_environment()?.is_none() {
            let file = self.token_file.clone().map_or_else(Token::default_file, Ok)?;
            config.token.write(&file)?;
            crate::cli::say(&format!("the token for workers and clients is in {}", file.display()));
        }
        crate::cli::print(&format!("listening on {address}\n"))
    }
}

impl WorkerArgs {
    /// What the arguments mean.
    ///
    /// # Errors
    /// When there is no token.
    pub fn config(&self) -> Result<WorkerConfig> {
        Ok(WorkerConfig {
            scheduler: self.scheduler.clone(),
            token: Token::find(self.token_file.as_deref())?,
            n_threads: self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
            budget_bytes: self.memory.unwrap_or_else(|| available_memory() / 2),
            spill_dir: self.spill_dir.clone().unwrap_or_else(std::env::temp_dir),
            spill_limit_bytes: u64::MAX,
        })
    }
}

/// Runs a scheduler until it is stopped.
///
/// # Errors
/// As [`serve`].
pub fn scheduler(args: &SchedulerArgs) -> Result<()> {
    if !args.bind.is_loopback() {
        return Err(Error::usage(format!("will not listen on {}: only loopback (127.0.0.1 or ::1) is allowed", args.bind)));
    }
    let config = args.config()?;
    serve(&config, Registry::builtin(), |address| args.ready(&config, address))
}

/// Runs a worker until its scheduler stops.
///
/// # Errors
/// As [`work`].
pub fn worker(args: &WorkerArgs) -> Result<()> {
    let config = args.config()?;
    let (memory, scheduler) = (format_bytes(config.budget_bytes), &config.scheduler);
    crate::cli::say(&format!("{} threads, {memory} of memory, scheduler {scheduler}", config.n_threads));
    work(&config, Registry::builtin())
}
