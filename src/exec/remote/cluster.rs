//! A scheduler and workers as child processes of this one, on loopback: for tests, benchmarks and examples.

use super::client::RemoteConfig;
use super::token::{TOKEN_VARIABLE, Token};
use crate::base::{Error, Kind, Result};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time for children to stop by themselves.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a scheduler says first, before its address.
pub(crate) const LISTENING: &str = "listening on ";

/// Makes a command of the arguments of the `tilework` program.
pub type MakeCommand = Arc<dyn Fn(&[String]) -> Command + Send + Sync>;

/// How many workers, and how large.
#[derive(Clone)]
pub struct ClusterConfig {
    /// Number of workers.
    pub n_workers: usize,
    /// Threads of each.
    pub n_threads: usize,
    /// Memory of each, in bytes.
    pub budget_bytes: u64,
    /// Folder for spill files.
    pub spill_dir: PathBuf,
    /// How long a run waits for a worker.
    pub worker_timeout: Duration,
    /// A worker that has said nothing for so long is taken for lost.
    pub silence: Duration,
    /// The program.
    pub command: MakeCommand,
}

impl ClusterConfig {
    /// Workers of one thread and 256 MiB each, of the program that `TILEWORK_BIN` names or that lies beside this one.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn new(n_workers: usize) -> Result<ClusterConfig> {
        let program = program()?;
        let command: MakeCommand = Arc::new(move |args| {
            let mut c = Command::new(&program);
            c.args(args);
            c
        });
        Ok(ClusterConfig::with_command(n_workers, command))
    }

    /// The same of another program.
    pub fn with_command(n_workers: usize, command: MakeCommand) -> ClusterConfig {
        ClusterConfig {
            n_workers,
            n_threads: 1,
            budget_bytes: 256 << 20,
            spill_dir: std::env::temp_dir(),
            worker_timeout: Duration::from_secs(10),
            silence: super::link::SILENCE,
            command,
        }
    }
}

fn program() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("TILEWORK_BIN") {
        return Ok(path.into());
    }
    let here = std::env::current_exe().map_err(|e| Error::io("finding this program", &e))?;
    // Tests and examples lie one folder below the program.
    let beside = here.ancestors().skip(1).take(2).map(|folder| folder.join("tilework"));
    let found = beside.into_iter().find(|p| p.is_file());
    found.ok_or_else(|| Error::usage("the tilework program is not beside this one: build it, or name it in TILEWORK_BIN"))
}

/// Children that stop when this is dropped, or when this process ends in whatever way.
pub struct LocalCluster {
    config: ClusterConfig,
    token: Token,
    address: String,
    scheduler: Child,
    /// The scheduler stops when this closes.
    input: Option<ChildStdin>,
    workers: Vec<Child>,
}

impl LocalCluster {
    /// Starts them.
    ///
    /// # Errors
    /// When a process cannot be started, or the scheduler says nothing.
    pub fn start(config: ClusterConfig) -> Result<LocalCluster> {
        let token = Token::random()?;
        let timeout = config.worker_timeout.as_secs_f64().to_string();
        let silence = config.silence.as_secs_f64().to_string();
        let args =
            ["scheduler", "--port", "0", "--until-eof", "--worker-timeout", &timeout, "--silence", &silence].map(String::from);
        let mut command = (config.command)(&args);
        command.env(TOKEN_VARIABLE, token.to_hex()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut scheduler = command.spawn().map_err(|e| Error::io("starting the scheduler", &e))?;
        let input = scheduler.stdin.take();
        let said = scheduler.stdout.take().map(BufReader::new).and_then(|out| {
            out.lines().map_while(std::io::Result::ok).find_map(|l| l.split_once(LISTENING).map(|(_, a)| a.trim().to_string()))
        });
        let Some(address) = said else {
            let _ = scheduler.kill();
            let _ = scheduler.wait();
            return Err(Error::new(Kind::Environment, "the scheduler has ended before it was ready"));
        };
        let mut cluster = LocalCluster { token, address, scheduler, input, workers: Vec::new(), config };
        for _ in 0..cluster.config.n_workers {
            cluster.add_worker()?;
        }
        Ok(cluster)
    }

    /// Starts another worker; gives its process id.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn add_worker(&mut self) -> Result<u32> {
        let c = &self.config;
        let (threads, memory, spill) = (c.n_threads.to_string(), c.budget_bytes.to_string(), c.spill_dir.display().to_string());
        let args = ["worker", &self.address, "--threads", &threads, "--memory", &memory, "--spill-dir", &spill].map(String::from);
        let mut command = (c.command)(&args);
        command.env(TOKEN_VARIABLE, self.token.to_hex()).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().map_err(|e| Error::io("starting a worker", &e))?;
        let id = child.id();
        self.workers.push(child);
        Ok(id)
    }

    /// What a client needs.
    pub fn remote(&self) -> RemoteConfig {
        RemoteConfig::new(self.address.clone(), self.token.clone())
    }

    /// Address and port of the scheduler.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Process ids of the workers that were started.
    pub fn worker_ids(&self) -> Vec<u32> {
        self.workers.iter().map(Child::id).collect()
    }

    /// Kills a worker (SIGKILL), as a crash would.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn kill_worker(&mut self, i: usize) -> Result<()> {
        let gone = || Error::usage(format!("there is no worker {i}, or it has ended"));
        let child = self.workers.get_mut(i).ok_or_else(gone)?;
        if !matches!(child.try_wait(), Ok(None)) {
            return Err(gone());
        }
        child.kill().and_then(|()| child.wait().map(drop)).map_err(|e| Error::io("killing a worker", &e))
    }
}

impl Drop for LocalCluster {
    fn drop(&mut self) {
        drop(self.input.take());
        let start = Instant::now();
        for child in self.workers.iter_mut().chain([&mut self.scheduler]) {
            while matches!(child.try_wait(), Ok(None)) {
                if start.elapsed() > PATIENCE {
                    let _ = child.kill();
                    let _ = child.wait();
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}
