//! Stores behind URLs: S3, Google Cloud Storage, Azure, HTTP, through the `object_store` crate.
//!
//! The face is synchronous as every store's; the only asynchronous code is here, on one thread (it only moves
//! bytes) that all such stores of the process share. Requests that fail for reasons that may pass (status 5xx and 429, broken connections, bodies that end early) are
//! repeated with growing pauses; the error says how often that was done. Credentials come from the environment, as the crate reads them
//! (`AWS_*`, `GOOGLE_*`, `AZURE_*`), and are never part of an error or of what is sent to workers.

use super::key::{Listing, RESERVED, Store, check_key, check_prefix, too_long, too_short};
use crate::base::{Error, Kind, Result};
use futures_util::StreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path as ObjectPath;
use object_store::{ClientConfigKey, Error as ObjectError, GetOptions, GetRange, ObjectMeta, ObjectStoreExt, RetryConfig};
use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;
use tokio::runtime::{Builder, Handle};

/// The first pause before a request is repeated; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// What a request holds beside the value: buffers of the connection.
const REQUEST_BYTES: u64 = 1 << 20;

/// How patient requests are.
#[derive(Clone, Debug)]
pub struct Patience {
    /// How often a failed request is repeated.
    pub max_retries: usize,
    /// After how long none is repeated any more.
    pub retry_timeout: Duration,
    /// How long one request may take in all.
    pub timeout: Duration,
    /// How long it may take to connect.
    pub connect_timeout: Duration,
}

impl Default for Patience {
    /// Five repetitions within a minute; two minutes for a request, ten seconds to connect.
    fn default() -> Patience {
        Patience {
            max_retries: 5,
            retry_timeout: Duration::from_secs(60),
            timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(10),
        }
    }
}

/// Values in an object store, below a prefix.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    inner: Arc<dyn object_store::ObjectStore>,
    prefix: ObjectPath,
    label: String,
    max_retries: usize,
}

impl ObjectStore {
    /// The store at a URL: `s3://bucket/path`, `gs://bucket/path`, `az://container/path`,
    /// `abfs://container@account.dfs.core.windows.net/path`, `http(s)://host/path`.
    ///
    /// # Errors
    /// A URL or credentials that make no sense (`Usage`).
    pub fn open(url: &str, patience: &Patience) -> Result<ObjectStore> {
        let wrong = |why: &dyn std::fmt::Display| Error::usage(format!("{url}: {why}"));
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong(&"a URL begins like s3:// or https://"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(wrong(&"the bucket, container or host is missing"));
        }
        if path.contains(['?', '#']) {
            return Err(Error::unsupported(format!("{url}: URLs with a query or fragment are not read")));
        }
        let retry =
            RetryConfig { max_retries: patience.max_retries, retry_timeout: patience.retry_timeout, ..RetryConfig::default() };
        let base = format!("{scheme}://{host}");
        let built: Result<Arc<dyn object_store::ObjectStore>, ObjectError> = match scheme {
            "s3" | "s3a" => AmazonS3Builder::from_env().with_url(base).with_retry(retry).build().map(|s| Arc::new(s) as _),
            "gs" => GoogleCloudStorageBuilder::from_env().with_url(base).with_retry(retry).build().map(|s| Arc::new(s) as _),
            "az" | "azure" | "abfs" | "abfss" => {
                MicrosoftAzureBuilder::from_env().with_url(base).with_retry(retry).build().map(|s| Arc::new(s) as _)
            }
            "http" | "https" => {
                let seconds = |d: Duration| format!("{} ms", d.as_millis());
                HttpBuilder::new()
                    .with_url(base)
                    .with_retry(retry)
                    .with_config(ClientConfigKey::AllowHttp, "true")
                    .with_config(ClientConfigKey::Timeout, seconds(patience.timeout))
                    .with_config(ClientConfigKey::ConnectTimeout, seconds(patience.connect_timeout))
                    .build()
                    .map(|s| Arc::new(s) as _)
            }
            other => return Err(wrong(&format!("'{other}' is no kind of store: s3, gs, az, abfs, http and https are"))),
        };
        let inner = built.map_err(|e| wrong(&e))?;
        let prefix = ObjectPath::from_url_path(path.trim_end_matches('/')).map_err(|e| wrong(&e))?;
        Ok(ObjectStore { inner, prefix, label: url.trim_end_matches('/').to_string(), max_retries: patience.max_retries })
    }

    /// Any store of the `object_store` crate.
    pub fn over(inner: Arc<dyn object_store::ObjectStore>, label: &str) -> ObjectStore {
        let max_retries = Patience::default().max_retries;
        ObjectStore { inner, prefix: ObjectPath::default(), label: label.to_string(), max_retries }
    }

    fn path(&self, key: &str) -> Result<ObjectPath> {
        check_key(key)?;
        self.below(key)
    }

    fn below(&self, key: &str) -> Result<ObjectPath> {
        let prefix = self.prefix.as_ref();
        let between = if prefix.is_empty() || key.is_empty() { "" } else { "/" };
        ObjectPath::parse(format!("{prefix}{between}{key}")).map_err(|e| Error::usage(format!("'{key}' is no key here: {e}")))
    }

    /// The key of a path below the prefix.
    fn key(&self, path: &ObjectPath) -> Option<String> {
        let key = path.as_ref().strip_prefix(self.prefix.as_ref())?.trim_start_matches('/');
        check_key(key).is_ok().then(|| key.to_string())
    }

    fn meta(&self, key: &str) -> Result<Option<ObjectMeta>> {
        let (path, inner) = (self.path(key)?, self.inner.clone());
        match wait(async move { inner.head(&path).await })? {
            Ok(meta) => Ok(Some(meta)),
            Err(e) if absent(&e) => Ok(None),
            Err(e) => Err(self.fail("looking for", key, &e)),
        }
    }

    fn fail(&self, doing: &str, key: &str, e: &ObjectError) -> Error {
        let kind = match e {
            ObjectError::NotFound { .. }
            | ObjectError::InvalidPath { .. }
            | ObjectError::PermissionDenied { .. }
            | ObjectError::Unauthenticated { .. }
            | ObjectError::AlreadyExists { .. } => Kind::Usage,
            ObjectError::NotSupported { .. } | ObjectError::NotImplemented { .. } => Kind::Unsupported,
            _ => Kind::Environment,
        };
        let cure = match e {
            ObjectError::PermissionDenied { .. } | ObjectError::Unauthenticated { .. } => {
                ": check the credentials in the environment"
            }
            ObjectError::NotSupported { .. } => ": parts of it are needed; download it, and name the file on disk",
            _ => "",
        };
        let number = match e {
            ObjectError::NotFound { .. } => Some(libc::ENOENT),
            ObjectError::PermissionDenied { .. } | ObjectError::Unauthenticated { .. } => Some(libc::EACCES),
            ObjectError::AlreadyExists { .. } => Some(libc::EEXIST),
            _ => None,
        };
        Error::new(kind, format!("{doing} '{key}' in {}: {}{cure}", self.label, told(e))).with_os_error(number)
    }

    /// Gets `range` or all of a value, whose length `check` may refuse before its bytes are asked for.
    fn fetch(&self, key: &str, range: Option<Range<u64>>, most: u64) -> Result<Option<Vec<u8>>> {
        let (path, inner, max_retries) = (self.path(key)?, self.inner.clone(), self.max_retries);
        let got = wait(async move {
            let mut pause = FIRST_PAUSE;
            let mut n_tries = 0;
            loop {
                let options = GetOptions { range: range.clone().map(GetRange::Bounded), ..GetOptions::default() };
                let result = inner.get_opts(&path, options).await.map_err(|e| (e, n_tries))?;
                let len = result.range.end - result.range.start;
                if len > most {
                    return Ok(Err(len));
                }
                match result.bytes().await {
                    Ok(bytes) => return Ok(Ok(Vec::from(bytes))),
                    // The crate repeats requests, but a body that breaks off only where the server names its version.
                    Err(_) if n_tries < max_retries => n_tries += 1,
                    Err(e) => return Err((e, n_tries)),
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        })?;
        match got {
            Ok(Ok(bytes)) => {
                crate::base::iostat::read(bytes.len() as u64);
                Ok(Some(bytes))
            }
            Ok(Err(len)) => Err(too_long(key, len, most)),
            Err((e, _)) if absent(&e) => Ok(None),
            Err((e, 0)) => Err(self.fail("reading", key, &e)),
            Err((e, n)) => Err(self.fail("reading", key, &e).at(format!("after {n} repetitions"))),
        }
    }
}

/// The message of an error with those of its causes that it does not tell itself.
fn told(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string().trim_end().to_string();
    let mut cause = e.source();
    while let Some(c) = cause {
        let more = c.to_string();
        if !text.contains(more.trim_end()) {
            text = format!("{text}: {}", more.trim_end());
        }
        cause = c.source();
    }
    text
}

/// Whether an error only says that there is no such value.
fn absent(e: &ObjectError) -> bool {
    // Below a file on disk lies nothing, and a folder is no value; both are told as failures by the crate.
    let mut cause: Option<&dyn std::error::Error> = Some(e);
    while let Some(c) = cause {
        if let Some(io) = c.downcast_ref::<std::io::Error>() {
            use std::io::ErrorKind as K;
            return matches!(io.kind(), K::NotFound | K::NotADirectory | K::IsADirectory);
        }
        cause = c.source();
    }
    matches!(e, ObjectError::NotFound { .. })
}

/// The thread that all stores share.
fn runtime() -> Option<&'static Handle> {
    static RUNTIME: OnceLock<Option<Handle>> = OnceLock::new();
    let start = || {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        let handle = runtime.handle().clone();
        let thread = std::thread::Builder::new().name("tilework-store".to_string());
        thread.spawn(move || runtime.block_on(std::future::pending::<()>())).ok()?;
        Some(handle)
    };
    RUNTIME.get_or_init(start).as_ref()
}

/// Runs a future on the thread that all stores share, and waits for it. Works on any thread, also on those of other runtimes.
fn wait<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let runtime = runtime().ok_or_else(|| Error::new(Kind::Environment, "no thread could be started for requests to stores"))?;
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime.spawn(async move {
        // Nobody waits any more only when the waiting thread is gone.
        let _ = sender.send(future.await);
    });
    receiver.recv().map_err(|_| Error::bug("a request to a store ended without an answer"))
}

impl Store for ObjectStore {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.fetch(key, None, u64::MAX)
    }

    fn get_bounded(&self, key: &str, most: u64) -> Result<Option<Vec<u8>>> {
        self.fetch(key, None, most)
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Vec<u8>>> {
        let wanted = range.end.saturating_sub(range.start);
        let got = if wanted == 0 { None } else { Some(self.fetch(key, Some(range.clone()), wanted)) };
        match got {
            Some(Ok(None)) => Ok(None),
            Some(Ok(Some(bytes))) if bytes.len() as u64 == wanted => Ok(Some(bytes)),
            // Stores cut ranges at the end, or refuse those beyond it in words of their own.
            other => match (self.size(key)?, other) {
                (None, _) => Ok(None),
                (Some(len), _) if range.start > range.end || range.end > len => Err(too_short(key, &range, len)),
                (_, None) => Ok(Some(Vec::new())),
                (Some(len), Some(Ok(_))) => Err(too_short(key, &range, len)),
                (_, Some(Err(e))) => Err(e),
            },
        }
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        Ok(self.meta(key)?.map(|m| m.size))
    }

    fn stamp(&self, key: &str) -> Result<Option<u128>> {
        Ok(self.size_and_stamp(key)?.map(|(_, stamp)| stamp))
    }

    fn size_and_stamp(&self, key: &str) -> Result<Option<(u64, u128)>> {
        let told = |m: ObjectMeta| (self.label.clone(), m.location.to_string(), m.size, m.e_tag, m.version, m.last_modified);
        Ok(self.meta(key)?.map(|m| (m.size, xxhash_rust::xxh3::xxh3_128(format!("{:?}", told(m)).as_bytes()))))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let (path, inner, payload) = (self.path(key)?, self.inner.clone(), value.to_vec());
        let put = wait(async move { inner.put(&path, payload.into()).await })?;
        put.map_err(|e| self.fail(&format!("writing {} bytes to", value.len()), key, &e))?;
        crate::base::iostat::written(value.len() as u64);
        Ok(())
    }

    fn erase(&self, key: &str) -> Result<bool> {
        if !self.exists(key)? {
            return Ok(false);
        }
        let (path, inner) = (self.path(key)?, self.inner.clone());
        match wait(async move { inner.delete(&path).await })? {
            Ok(()) => Ok(true),
            Err(e) if absent(&e) => Ok(false),
            Err(e) => Err(self.fail("removing", key, &e)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        check_prefix(prefix)?;
        let (below, inner) = (self.below(prefix)?, self.inner.clone());
        let found = wait(async move { inner.list(Some(&below)).collect::<Vec<_>>().await })?;
        let mut out = Vec::with_capacity(found.len() + 1);
        if !prefix.is_empty() && self.exists(prefix)? {
            out.push(prefix.to_string());
        }
        for item in found {
            let meta = match item {
                Ok(meta) => meta,
                Err(e) if absent(&e) => continue,
                Err(e) => return Err(self.fail("listing", prefix, &e)),
            };
            // What begins with the reserved prefix is no value yet.
            out.extend(self.key(&meta.location).filter(|k| !k.split('/').any(|p| p.starts_with(RESERVED))));
        }
        out.sort_unstable();
        out.dedup();
        Ok(out)
    }

    fn children(&self, prefix: &str) -> Result<Listing> {
        check_prefix(prefix)?;
        let (below, inner) = (self.below(prefix)?, self.inner.clone());
        let found = match wait(async move { inner.list_with_delimiter(Some(&below)).await })? {
            Ok(found) => found,
            Err(e) if absent(&e) => return Ok(Listing::default()),
            Err(e) => return Err(self.fail("listing", prefix, &e)),
        };
        let last = |p: &ObjectPath| p.filename().map(str::to_string);
        let mut out = Listing {
            values: found.objects.iter().filter_map(|m| last(&m.location)).collect(),
            folders: found.common_prefixes.iter().filter_map(last).collect(),
        };
        out.values.sort_unstable();
        out.folders.sort_unstable();
        Ok(out)
    }

    fn request_bytes(&self) -> u64 {
        REQUEST_BYTES
    }

    fn latency_ns(&self) -> u64 {
        20_000_000
    }

    fn label(&self) -> String {
        self.label.clone()
    }
}
