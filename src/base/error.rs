//! The one public error: what went wrong, where, and what to do about it.
//!
//! Every layer builds an [`Error`] through the constructors here, so that each carries a [`Kind`] (whose fault it is),
//! a sentence in the user's words and, once known, the place (op, chunk, file) where it happened.
//! It deliberately knows nothing of the layers above.

use std::fmt;
use std::io;
use std::sync::Arc;

/// Whose fault an error is, which decides what may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// The call was wrong in another way than the five below: shapes, names, chunks, a broken or unsupported file.
    Usage,
    /// The call was wrong: an element type that it does not take.
    DType,
    /// The call was wrong: a position out of bounds, or what is no position.
    Index,
    /// The call was wrong: an axis out of bounds.
    Axis,
    /// The call was wrong: a number that a dtype does not hold.
    Overflow,
    /// The call was wrong: a matrix for which there is no such result (singular, not positive definite, not square, not finite).
    Matrix,
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

impl Kind {
    /// Whether the call was wrong, in whatever way.
    pub const fn is_usage(self) -> bool {
        matches!(self, Kind::Usage | Kind::DType | Kind::Index | Kind::Axis | Kind::Overflow | Kind::Matrix)
    }
}

/// What went wrong, where, and the fix, in the user's words.
///
/// # Example
/// ```
/// let a = tilework::Error::axis("axis 3 is out of bounds for an array of 2 dimensions");
/// assert!(a.kind() == tilework::ErrorKind::Axis && a.kind().is_usage());
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
    /// The operating system's number of the failure.
    os_error: Option<i32>,
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
        let (message, source) = (message.into(), Source::default());
        Self(Box::new(Inner { kind, message, places: Vec::new(), os_error: None, source }))
    }

    /// The user's mistake, of no kind that has a name of its own.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// An element type that the call does not take.
    pub fn dtype(message: impl Into<String>) -> Self {
        Self::new(Kind::DType, message)
    }

    /// A position out of bounds, or what is no position.
    pub fn index(message: impl Into<String>) -> Self {
        Self::new(Kind::Index, message)
    }

    /// An axis out of bounds. One named twice is [`usage`](Error::usage), as in NumPy.
    pub fn axis(message: impl Into<String>) -> Self {
        Self::new(Kind::Axis, message)
    }

    /// A number that a dtype does not hold.
    pub fn overflow(message: impl Into<String>) -> Self {
        Self::new(Kind::Overflow, message)
    }

    /// A matrix for which there is no such result.
    pub fn matrix(message: impl Into<String>) -> Self {
        Self::new(Kind::Matrix, message)
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
    pub fn io(what: impl fmt::Display, e: &io::Error) -> Self {
        use io::ErrorKind as K;
        let kind = match e.kind() {
            K::StorageFull | K::QuotaExceeded | K::FileTooLarge => Kind::DiskFull,
            K::NotFound | K::PermissionDenied | K::AlreadyExists | K::IsADirectory | K::NotADirectory => Kind::Usage,
            K::UnexpectedEof | K::InvalidData => Kind::Corrupt,
            _ => Kind::Environment,
        };
        Self::new(kind, format!("{what}: {e}")).with_os_error(os_error(e))
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

    /// The same error with the operating system's number of what failed, as `ENOENT`.
    #[must_use]
    pub fn with_os_error(mut self, number: impl Into<Option<i32>>) -> Self {
        self.0.os_error = number.into();
        self
    }

    /// The same error in other words, which also say where.
    #[must_use]
    pub(crate) fn reworded(mut self, message: String) -> Self {
        self.0.message = message;
        self.0.places.clear();
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

    /// The operating system's number of what failed, as `ENOENT`, where this is about files or connections and there is one.
    ///
    /// ```
    /// let missing = std::fs::File::open("/no/such/file").unwrap_err();
    /// assert_eq!(tilework::Error::io("a file", &missing).os_error(), missing.raw_os_error());
    /// ```
    pub fn os_error(&self) -> Option<i32> {
        self.0.os_error
    }
}

/// The operating system's number of a failure; one that was wrapped on the way has lost it, and gets that of its kind.
fn os_error(e: &io::Error) -> Option<i32> {
    use io::ErrorKind as K;
    e.raw_os_error().or(match e.kind() {
        K::NotFound => Some(libc::ENOENT),
        K::PermissionDenied => Some(libc::EACCES),
        K::AlreadyExists => Some(libc::EEXIST),
        K::IsADirectory => Some(libc::EISDIR),
        K::NotADirectory => Some(libc::ENOTDIR),
        K::ReadOnlyFilesystem => Some(libc::EROFS),
        K::StorageFull => Some(libc::ENOSPC),
        K::QuotaExceeded => Some(libc::EDQUOT),
        K::FileTooLarge => Some(libc::EFBIG),
        _ => None,
    })
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

#[cfg(test)]
mod tests {
    use super::{Error, Kind};
    use std::io;

    #[test]
    fn wrong_calls_are_told_apart() {
        let all = [
            (Error::usage("x"), Kind::Usage),
            (Error::dtype("x"), Kind::DType),
            (Error::index("x"), Kind::Index),
            (Error::axis("x"), Kind::Axis),
            (Error::overflow("x"), Kind::Overflow),
            (Error::matrix("x"), Kind::Matrix),
        ];
        assert!(all.iter().all(|(e, kind)| e.kind() == *kind && kind.is_usage()));
        let others =
            [Kind::Corrupt, Kind::Unsupported, Kind::Budget, Kind::DiskFull, Kind::Environment, Kind::Cancelled, Kind::Bug];
        assert!(!others.into_iter().any(Kind::is_usage));
    }

    #[test]
    fn the_systems_number_is_kept() {
        for (number, kind) in [(libc::ENOENT, Kind::Usage), (libc::EACCES, Kind::Usage), (libc::ENOSPC, Kind::DiskFull)] {
            let raw = io::Error::from_raw_os_error(number);
            // As tempfile wraps what fails.
            let wrapped = io::Error::new(raw.kind(), "on the way");
            for e in [raw, wrapped].map(|e| Error::io("f", &e)) {
                assert_eq!((e.kind(), e.os_error()), (kind, Some(number)), "{e}");
                let sent: Error = postcard::from_bytes(&postcard::to_stdvec(&e).unwrap()).unwrap();
                assert!(sent == e && sent.at("here").reworded("other".into()).os_error() == Some(number));
            }
        }
        assert_eq!(Error::io("f", &io::Error::other("strange")).os_error(), None);
        assert_ne!(Error::usage("f"), Error::usage("f").with_os_error(libc::EEXIST));
    }
}
