//! The command line's options, and the session they ask for.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tilework::array::DynArray;
use tilework::base::event::{Event, Watch};
use tilework::expr::Expr;
use tilework::{Config, Error, Result, Session};

/// `--name value` pairs.
pub struct Options(HashMap<String, String>);

impl Options {
    /// Takes pairs until there are no more.
    pub fn parse(mut args: impl Iterator<Item = String>) -> Options {
        let mut options = HashMap::new();
        while let (Some(k), Some(v)) = (args.next(), args.next()) {
            options.insert(k.trim_start_matches("--").to_string(), v);
        }
        Options(options)
    }

    /// A number, or what it is if it is not given.
    pub fn number(&self, name: &str, default: usize) -> Result<usize> {
        let Some(v) = self.0.get(name) else { return Ok(default) };
        v.parse().map_err(|_| Error::usage(format!("--{name} {v}: that is no number")))
    }

    /// A path, which must be given.
    pub fn path(&self, name: &str) -> Result<&Path> {
        self.0.get(name).map(Path::new).ok_or_else(|| Error::usage(format!("--{name} PATH is missing")))
    }

    /// A session with `--threads` and `--memory`.
    pub fn session(&self) -> Result<Session> {
        let d = Config::default();
        let budget_bytes = self.number("memory", d.budget_bytes as usize)? as u64;
        Ok(Session::new(Config { n_threads: self.number("threads", d.n_threads)?, budget_bytes, ..d }))
    }

    /// The same, and what its runs read.
    pub fn watched(&self) -> Result<(Session, Arc<Reads>)> {
        let reads = Arc::new(Reads::default());
        Ok((self.session()?.with_watcher(Some(reads.clone())), reads))
    }
}

/// Bytes that runs read.
#[derive(Default)]
pub struct Reads(AtomicU64);

impl Reads {
    /// So many until now.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Watch for Reads {
    fn event(&self, event: &Event) {
        if let Event::TasksDone(done) = event {
            self.0.fetch_add(done.iter().map(|d| d.read_bytes).sum(), Ordering::Relaxed);
        }
    }
}

/// The only element of an array.
pub fn scalar(a: &DynArray, s: &Session) -> Result<f64> {
    Ok(a.compute_in(s)?.at(&[]).as_f64())
}

/// The only elements of several arrays, computed together.
pub fn scalars(all: &[DynArray], s: &Session) -> Result<Vec<f64>> {
    let exprs: Vec<Expr> = all.iter().map(|a| a.expr().clone()).collect();
    Ok(s.compute_all(&exprs)?.iter().map(|t| t.at(&[]).as_f64()).collect())
}
