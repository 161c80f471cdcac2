//! How sources, sinks and named functions are found again in another process: by name and parameters.
//!
//! A registry is a value that is passed, never global; what is in it is what a process can run. Two processes may work
//! together only when their registries and op tables are the same, which [`Registry::hash`] says in one number.

use crate::base::{DType, Error, Kind, Result};
use crate::expr::call::{CallOp, ShuffleOp};
use crate::expr::function::{self, BlockFunction, Make};
use crate::expr::table::{TableReduce, TableSource};
use crate::expr::{Sink, Source};
use crate::format::hdf::VariableSource;
use crate::format::memory::{MemorySink, MemorySource};
use crate::format::npy::{NpySink, NpySource, NpyStackSink, NpyStackSource};
use crate::format::zarr::{ZarrSink, ZarrSource};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Makes a thing from the parameters it gave of itself.
pub type Open<T> = fn(&[u8]) -> Result<Arc<T>>;

/// What can be found by name.
#[derive(Clone, Default)]
pub struct Registry {
    sources: BTreeMap<&'static str, Open<dyn Source>>,
    sinks: BTreeMap<&'static str, Open<dyn Sink>>,
    tables: BTreeMap<&'static str, Open<dyn TableSource>>,
    reduces: BTreeMap<&'static str, Open<dyn TableReduce>>,
    shuffles: BTreeMap<&'static str, Open<dyn ShuffleOp>>,
    calls: BTreeMap<&'static str, Open<dyn CallOp>>,
    functions: BTreeMap<&'static str, &'static BlockFunction>,
    makers: BTreeMap<&'static str, Make>,
}

impl Registry {
    /// The formats of this crate.
    pub fn builtin() -> Registry {
        let mut r = Registry::default();
        r.add_source("memory", |p| Ok(Arc::new(MemorySource::from_params(p)?)));
        r.add_source("npy", |p| Ok(Arc::new(NpySource::from_params(p)?)));
        // What a sink in memory gathers stays in the process that asked for it; elsewhere it only stands for it.
        r.add_sink("memory", |_| Ok(Arc::new(MemorySink::new())));
        r.add_sink("npy", |p| Ok(Arc::new(NpySink::from_params(p)?)));
        r.add_source("npy-stack", |p| Ok(Arc::new(NpyStackSource::from_params(p)?)));
        r.add_sink("npy-stack", |p| Ok(Arc::new(NpyStackSink::from_params(p)?)));
        r.add_source("zarr", |p| Ok(Arc::new(ZarrSource::from_params(p)?)));
        r.add_sink("zarr", |p| Ok(Arc::new(ZarrSink::from_params(p)?)));
        r.add_source("variable", |p| Ok(Arc::new(VariableSource::from_params(p)?)));
        #[cfg(feature = "raster")]
        r.add_sink("geotiff", |p| Ok(Arc::new(crate::format::geotiff::GeoTiffSink::from_params(p)?)));
        #[cfg(feature = "raster")]
        r.add_source("geotiff", |p| Ok(Arc::new(crate::format::geotiff::GeoTiffSource::from_params(p)?)));
        r
    }

    /// Adds a source of arrays.
    pub fn add_source(&mut self, name: &'static str, open: Open<dyn Source>) {
        self.sources.insert(name, open);
    }

    /// Adds an output for arrays.
    pub fn add_sink(&mut self, name: &'static str, open: Open<dyn Sink>) {
        self.sinks.insert(name, open);
    }

    /// Adds a source of tables.
    pub fn add_table(&mut self, name: &'static str, open: Open<dyn TableSource>) {
        self.tables.insert(name, open);
    }

    /// Adds a reduction of tables.
    pub fn add_reduce(&mut self, name: &'static str, open: Open<dyn TableReduce>) {
        self.reduces.insert(name, open);
    }

    /// Adds a rule that sends rows to partitions.
    pub fn add_shuffle(&mut self, name: &'static str, open: Open<dyn ShuffleOp>) {
        self.shuffles.insert(name, open);
    }

    /// Adds a function on blocks.
    pub fn add_call(&mut self, name: &'static str, open: Open<dyn CallOp>) {
        self.calls.insert(name, open);
    }

    /// Adds a user's function on blocks, as [`Function::registered`](crate::expr::function::Function::registered) calls it. The programs
    /// of scheduler, workers and client must add the same ones.
    pub fn add_function(&mut self, f: &'static BlockFunction) {
        self.functions.insert(f.name, f);
    }

    /// Adds what makes functions again from bytes, as [`Function::made`](crate::expr::function::Function::made) names it.
    pub fn add_maker(&mut self, name: &'static str, make: Make) {
        self.makers.insert(name, make);
    }

    /// Opens a source of arrays.
    ///
    /// # Errors
    /// `Corrupt` for an unknown name; else the source's own.
    pub fn source(&self, name: &str, params: &[u8]) -> Result<Arc<dyn Source>> {
        open(&self.sources, "source", name, params)
    }

    /// Makes an output for arrays.
    ///
    /// # Errors
    /// As [`source`](Registry::source).
    pub fn sink(&self, name: &str, params: &[u8]) -> Result<Arc<dyn Sink>> {
        open(&self.sinks, "sink", name, params)
    }

    /// Opens a source of tables.
    ///
    /// # Errors
    /// As [`source`](Registry::source).
    pub fn table(&self, name: &str, params: &[u8]) -> Result<Arc<dyn TableSource>> {
        open(&self.tables, "table source", name, params)
    }

    /// Makes a reduction of tables.
    ///
    /// # Errors
    /// As [`source`](Registry::source).
    pub fn reduce(&self, name: &str, params: &[u8]) -> Result<Arc<dyn TableReduce>> {
        open(&self.reduces, "table reduction", name, params)
    }

    /// Makes a rule that sends rows to partitions.
    ///
    /// # Errors
    /// As [`source`](Registry::source).
    pub fn shuffle(&self, name: &str, params: &[u8]) -> Result<Arc<dyn ShuffleOp>> {
        open(&self.shuffles, "shuffle", name, params)
    }

    /// Makes a function on blocks.
    ///
    /// # Errors
    /// As [`source`](Registry::source).
    pub fn call(&self, name: &str, params: &[u8]) -> Result<Arc<dyn CallOp>> {
        match (self.functions.get(name), self.makers.get(name)) {
            (Some(f), _) => function::open(f, params),
            (None, Some(make)) => function::remake(*make, params),
            (None, None) => open(&self.calls, "function", name, params),
        }
    }

    /// One number for all names in this registry and those that `more` gives (the op tables).
    pub fn hash<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> u64 {
        let mut h = Xxh3::new();
        let mut add = |group: &str, name: &str| {
            h.update(group.as_bytes());
            h.update(b"\0");
            h.update(name.as_bytes());
            h.update(b"\n");
        };
        DType::ALL.iter().for_each(|d| add("dtype", d.name()));
        self.sources.keys().for_each(|n| add("source", n));
        self.sinks.keys().for_each(|n| add("sink", n));
        self.tables.keys().for_each(|n| add("table", n));
        self.reduces.keys().for_each(|n| add("reduce", n));
        self.shuffles.keys().for_each(|n| add("shuffle", n));
        self.calls.keys().for_each(|n| add("call", n));
        self.functions.keys().for_each(|n| add("function", n));
        self.makers.keys().for_each(|n| add("maker", n));
        more.into_iter().for_each(|n| add("op", n));
        h.digest()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = self.sources.len() + self.sinks.len() + self.tables.len();
        let ops = self.reduces.len() + self.shuffles.len() + self.calls.len() + self.functions.len() + self.makers.len();
        write!(f, "Registry({n} formats, {ops} functions)")
    }
}

fn open<T: ?Sized>(table: &BTreeMap<&'static str, Open<T>>, what: &str, name: &str, params: &[u8]) -> Result<Arc<T>> {
    let Some(make) = table.get(name) else {
        let short: String = name.chars().take(64).collect();
        return Err(Error::corrupt(format!(
            "there is no {what} named '{short}' here: register it in this program, or use the same version on both sides"
        )));
    };
    // Parameters come from outside: that they cannot be read is not a bug of this side.
    make(params).map_err(|e| if e.kind() == Kind::Bug { Error::corrupt(e.message().to_string()) } else { e })
}
