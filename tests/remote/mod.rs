//! Runs on worker processes: the same bits as in this process, whatever happens to the workers.

mod agree;
mod codec;
mod faults;
mod ops;
mod random;
mod refuse;

use clap::Parser;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use tilework::array::DynArray;
use tilework::cli::remote::{SchedulerArgs, WorkerArgs};
use tilework::exec::remote::{ClusterConfig, LocalCluster, serve, work};
use tilework::expr::build;
use tilework::format::registry::Registry;
use tilework::session::{Executor, Session};
use tilework::{Config, Result};

const ARGS: &str = "TILEWORK_TEST_ARGS";

#[derive(Parser)]
enum Program {
    Scheduler(SchedulerArgs),
    Worker(WorkerArgs),
    Client { address: String, token: String, held: PathBuf },
}

/// Not a test by itself: other processes are this program, started again with this test alone.
#[test]
fn process() {
    let Ok(args) = std::env::var(ARGS) else { return };
    let done = match Program::parse_from(std::iter::once("tilework").chain(args.split('\n'))) {
        Program::Scheduler(a) => a.config().and_then(|c| serve(&c, registry(), |at| a.ready(&c, at))),
        Program::Worker(a) => a.config().and_then(|c| work(&c, registry())),
        Program::Client { address, token, held } => refuse::client(&address, &token, held),
    };
    std::process::exit(i32::from(done.is_err()));
}

fn registry() -> Registry {
    let mut r = Registry::builtin();
    ops::register(&mut r);
    r
}

fn command(args: &[String]) -> Command {
    let mut c = Command::new(std::env::current_exe().expect("this program has a path"));
    c.args(["remote::process", "--exact", "--nocapture"]).env(ARGS, args.join("\n"));
    c
}

fn config(n_workers: usize) -> ClusterConfig {
    ClusterConfig::with_command(n_workers, Arc::new(command))
}

fn cluster(n_workers: usize) -> Result<LocalCluster> {
    LocalCluster::start(config(n_workers))
}

fn session(cluster: &LocalCluster) -> Session {
    let config = Config { n_threads: 2, budget_bytes: 1 << 30, ..Config::default() };
    Session::new(config).with_executor(Executor::Remote(cluster.remote().with_registry(registry())))
}

fn serial() -> Session {
    Session::new(Config { n_threads: 1, budget_bytes: 4 << 30, ..Config::default() }).with_executor(Executor::Serial)
}

/// The array with something that happens on the way.
fn misbehave(x: &DynArray, act: ops::Act) -> Result<DynArray> {
    DynArray::from_expr(build::call(Arc::new(ops::Misbehave(act)), &[x.expr().clone()], x.dtype(), None)?)
}
