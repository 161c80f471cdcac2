//! The one public error: what went wrong, where, and what to do about it.
//!
//! Every layer builds an [`Error`] through the constructors here, so that each carries a [`Kind`] (whose fault it is),
//! a sentence in the user's words and, once known, the place (op, chunk, file) where it happened.
//! It deliberately knows nothing of the layers above.

use std::fmt;
use std::sync::Arc;

/// Whose fault an error is, which decides what may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// The call was wrong: shapes, dtypes, names, chunks, a broken or unsupported file.
    Usage,
    /// The input data is broken (truncated, corrupt): it names the file and the place.
    Corrupt,
    /// The input uses something this version does not support, named in the message.
    Unsupported,
    /// The plan cannot run within the memory budget; the message says what needs how much and the fix.
    Budget,
    /// The disk is full or a quota is reached.
    DiskFull,
    /// The environment failed (a file could not be opened, a worker died): trying again may help.
    Environment,
    /// The run was cancelled (Ctrl-C, or `cancel`).
    Cancelled,
    /// A promise of this library was broken: please report it.
    Bug,
}

/// What went wrong, where, and the fix, in the user's words.
///
/// # Example
/// ```
/// let a = tilework::Error::usage("axis 3 is out of bounds for an array of 2 dimensions");
/// assert_eq!(a.kind(), tilework::ErrorKind::Usage);
/// assert!(a.at("sum").to_string().starts_with("sum: axis 3"));
/// ```
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Inner {
    kind: Kind,
    message: String,
    /// Outermost first: op, chunk, file.
    places: Vec<String>,
    #[serde(skip)]
    source: Source,
}

/// What a user's function failed with, as it is. It is not sent to other processes, and errors are equal without it.
#[derive(Clone, Default)]
struct Source(Option<Arc<dyn std::error::Error + Send + Sync>>);

impl PartialEq for Source {
    fn eq(&self, _: &Source) -> bool {
        true
    }
}
impl Eq for Source {}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with a sentence that names the thing and the fix.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), places: Vec::new(), source: Source::default() }))
    }

    /// The user's mistake.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Broken input data.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(Kind::Corrupt, message)
    }

    /// Something this version does not support, named in `message`.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    /// A broken promise of this library.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }

    /// An I/O failure on `what` (a path or a URL); a full disk is told apart.
    pub fn io(what: impl fmt::Display, e: &std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let kind = match e.kind() {
            K::StorageFull | K::QuotaExceeded | K::FileTooLarge => Kind::DiskFull,
            K::NotFound | K::PermissionDenied | K::AlreadyExists | K::IsADirectory | K::NotADirectory => Kind::Usage,
            K::UnexpectedEof | K::InvalidData => Kind::Corrupt,
            _ => Kind::Environment,
        };
        Self::new(kind, format!("{what}: {e}"))
    }

    /// The same error with the place (op, chunk, file) put in front, unless it starts with that already.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        let place = place.into();
        let first = self.0.places.first().unwrap_or(&self.0.message);
        if !first.starts_with(&place) {
            self.0.places.insert(0, place);
        }
        self
    }

    /// The same error with what it comes from, which [`source`](std::error::Error::source) gives.
    ///
    /// ```
    /// let e = tilework::Error::usage("my function failed").with_source("x".parse::<u8>().unwrap_err());
    /// assert!(std::error::Error::source(&e).is_some_and(|s| s.is::<std::num::ParseIntError>()));
    /// ```
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Source(Some(Arc::new(source)));
        self
    }

    /// Whose fault it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The sentence alone, without the places.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.0.places {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.0.as_ref().map(|s| s.as_ref() as &(dyn std::error::Error + 'static))
    }
}
