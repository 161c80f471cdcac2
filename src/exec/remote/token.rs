//! The token: 256 random bits that every peer must show.
//!
//! It comes from the environment or from a file that only its owner can read; never from the command line, which others see.

use crate::base::{Error, Kind, Result};
use crate::wire::hello::Secret;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Name of the variable that holds the token, in hexadecimal.
pub const TOKEN_VARIABLE: &str = "TILEWORK_TOKEN";

/// What shows that a peer belongs to a scheduler. It is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub(super) Secret);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A new one, from the system's random numbers.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn random() -> Result<Token> {
        let mut secret = Secret::default();
        let read = fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut secret));
        read.map_err(|e| Error::io("reading random numbers for a token", &e))?;
        Ok(Token(secret))
    }

    /// The token as 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The token of 64 hexadecimal digits.
    ///
    /// # Errors
    /// Anything else; the text is not repeated in the message.
    pub fn parse(text: &str) -> Result<Token> {
        let text = text.trim();
        let wrong = || Error::usage("a token is 64 hexadecimal digits: copy the whole file that the scheduler wrote");
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut secret = Secret::default();
        for (byte, digits) in secret.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Token(secret))
    }

    /// The token in the environment, if there is one.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_environment() -> Result<Option<Token>> {
        match std::env::var(TOKEN_VARIABLE) {
            Ok(text) => Token::parse(&text).map(Some).map_err(|e| e.at(TOKEN_VARIABLE)),
            Err(_) => Ok(None),
        }
    }

    /// Where a scheduler's token is kept when nothing else is said.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn default_file() -> Result<PathBuf> {
        let home = std::env::home_dir().ok_or_else(|| Error::usage("there is no home folder: name a token file"))?;
        Ok(home.join(".tilework").join("scheduler.token"))
    }

    /// The token in a file.
    ///
    /// # Errors
    /// When it cannot be read, holds no token, or others may read it.
    pub fn read(path: &Path) -> Result<Token> {
        let place = || path.display().to_string();
        let mode = match fs::metadata(path) {
            Ok(found) => found.permissions().mode(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let what = format!("there is no token in {}: start `tilework scheduler` first, or name its token file", place());
                return Err(Error::usage(what));
            }
            Err(e) => return Err(Error::io(place(), &e)),
        };
        if mode & 0o077 != 0 {
            return Err(Error::new(Kind::Usage, format!("others can read this token: chmod 600 {0}, or start anew", place())));
        }
        let text = fs::read_to_string(path).map_err(|e| Error::io(place(), &e))?;
        Token::parse(&text).map_err(|e| e.at(place()))
    }

    /// Writes the token to a file that only its owner can read, in place of what is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let fail = |e: std::io::Error| Error::io(format!("writing the token to {}", path.display()), &e);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(fail)?;
        }
        let temporary = path.with_extension(format!("{}.new", std::process::id()));
        let _ = fs::remove_file(&temporary);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).map_err(fail)?;
        writeln!(file, "{}", self.to_hex()).map_err(fail)?;
        drop(file);
        fs::rename(&temporary, path).map_err(fail)
    }

    /// The token in the environment, else in `file`, else in the default file.
    ///
    /// # Errors
    /// As those say.
    pub fn find(file: Option<&Path>) -> Result<Token> {
        match (Token::from_environment()?, file) {
            (_, Some(path)) => Token::read(path),
            (Some(token), None) => Ok(token),
            (None, None) => Token::read(&Token::default_file()?),
        }
    }
}
