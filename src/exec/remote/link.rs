//! Connections: the handshake on both sides, and frames over a socket.

use super::token::Token;
use crate::base::{Error, Kind, Result};
use crate::wire::frame::{self, HEADER_BYTES, MAX_CONTROL_BYTES, MAX_HELLO_BYTES};
use crate::wire::hello::{self, Answer, Hello, MAX_VERSION, MIN_VERSION, Role};
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Time for a peer to show its token.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Most peers that have not shown it yet.
const MAX_STRANGERS: usize = 128;
/// How often each side says that it is there.
pub(super) const BEAT: Duration = Duration::from_secs(1);
/// A side that has said nothing for so long is taken for lost.
pub(super) const SILENCE: Duration = Duration::from_secs(20);

/// What this process shows and expects on every connection.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub token: Token,
    /// Hash of all that can be named in an expression.
    pub registry: u64,
}

/// The receiving half of a connection.
pub(super) struct Inbound {
    reader: BufReader<OwnedReadHalf>,
    buffer: Vec<u8>,
}

/// A connection after its handshake.
pub(super) struct Link {
    pub inbound: Inbound,
    pub writer: OwnedWriteHalf,
    pub peer: SocketAddr,
}

impl Inbound {
    /// The next message, or None at the end.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        match read_frame(&mut self.reader, MAX_CONTROL_BYTES, &mut self.buffer).await? {
            true => frame::decode(&self.buffer).map(Some),
            false => Ok(None),
        }
    }

    /// Exactly `n` bytes more into `out`; memory grows with what comes, not with what was announced.
    pub(super) async fn append(&mut self, n: usize, out: &mut Vec<u8>) -> Result<()> {
        append(&mut self.reader, n, out).await
    }

    /// A length of four bytes.
    pub(super) async fn length(&mut self, max: usize) -> Result<usize> {
        let mut header = [0; HEADER_BYTES];
        self.reader.read_exact(&mut header).await.map_err(|e| broken(&e))?;
        frame::length(header, max)
    }
}

pub(super) fn broken(e: &std::io::Error) -> Error {
    Error::new(Kind::Environment, format!("the connection broke: {e}"))
}

async fn append(reader: &mut (impl AsyncRead + Unpin), n: usize, out: &mut Vec<u8>) -> Result<()> {
    let got = reader.take(n as u64).read_to_end(out).await.map_err(|e| broken(&e))?;
    if got == n { Ok(()) } else { Err(Error::new(Kind::Environment, "the connection ended in the middle of a message")) }
}

/// Reads a frame into `buffer`; false when the connection has ended before it.
async fn read_frame(reader: &mut (impl AsyncRead + Unpin), max: usize, buffer: &mut Vec<u8>) -> Result<bool> {
    buffer.clear();
    let mut header = [0; HEADER_BYTES];
    if reader.read(&mut header[..1]).await.map_err(|e| broken(&e))? == 0 {
        return Ok(false);
    }
    reader.read_exact(&mut header[1..]).await.map_err(|e| broken(&e))?;
    let n = frame::length(header, max)?;
    append(reader, n, buffer).await?;
    Ok(true)
}

/// Sends a message.
pub(super) async fn send<T: Serialize>(writer: &mut OwnedWriteHalf, message: &T) -> Result<()> {
    let mut out = Vec::new();
    frame::append(message, MAX_CONTROL_BYTES, &mut out)?;
    writer.write_all(&out).await.map_err(|e| broken(&e))
}

/// Connects to a peer and shows the token.
///
/// # Errors
/// When nobody answers there, or the peer refuses, in its words.
pub(super) async fn connect(address: &str, identity: &Identity, role: Role) -> Result<Link> {
    let dial = async {
        let stream = TcpStream::connect(address).await.map_err(|e| {
            Error::new(
                Kind::Environment,
                format!("nobody answers at {address} ({e}): is the scheduler running, and is this its address?"),
            )
        })?;
        let hello = Hello { secret: identity.token.0, registry: identity.registry, build: hello::build(), role };
        let mut out = Vec::new();
        hello::append(&hello, (MIN_VERSION, MAX_VERSION), &mut out)?;
        let mut link = split(stream)?;
        link.writer.write_all(&out).await.map_err(|e| broken(&e))?;
        let mut buffer = Vec::new();
        if !read_frame(&mut link.inbound.reader, MAX_HELLO_BYTES, &mut buffer).await? {
            return Err(Error::new(Kind::Environment, "the peer hung up without an answer"));
        }
        match frame::decode::<Answer>(&buffer)? {
            Answer::Welcome { .. } => Ok(link),
            Answer::Refused { why } => Err(Error::usage(format!("refused: {why}"))),
        }
    };
    let late = || Error::new(Kind::Environment, "no answer to the greeting");
    timeout(HANDSHAKE, dial).await.map_err(|_| late()).and_then(|r| r).map_err(|e| e.at(address.to_string()))
}

fn split(stream: TcpStream) -> Result<Link> {
    stream.set_nodelay(true).map_err(|e| broken(&e))?;
    let peer = stream.peer_addr().map_err(|e| broken(&e))?;
    let (read, writer) = stream.into_split();
    Ok(Link { inbound: Inbound { reader: BufReader::with_capacity(64 << 10, read), buffer: Vec::new() }, writer, peer })
}

/// The other side of [`connect`].
async fn greet(stream: TcpStream, identity: &Identity) -> Result<(Link, Role)> {
    let mut link = split(stream)?;
    let mut buffer = Vec::new();
    if !read_frame(&mut link.inbound.reader, MAX_HELLO_BYTES, &mut buffer).await? {
        return Err(Error::new(Kind::Environment, "hung up"));
    }
    let checked = hello::check(&buffer, &identity.token.0, identity.registry);
    let answer = match &checked {
        Ok((version, _)) => Answer::Welcome { version: *version },
        Err(e) => Answer::Refused { why: e.message().to_string() },
    };
    let mut out = Vec::new();
    frame::append(&answer, MAX_HELLO_BYTES, &mut out)?;
    link.writer.write_all(&out).await.map_err(|e| broken(&e))?;
    checked.map(|(_, hello)| (link, hello.role))
}

/// Listens on a loopback address.
///
/// # Errors
/// Any other address, and a port that is taken.
pub(super) async fn listen(address: IpAddr, port: u16) -> Result<TcpListener> {
    if !address.is_loopback() {
        return Err(Error::usage(format!(
            "will not listen on {address}: connections are not encrypted yet, so only loopback (127.0.0.1 or ::1) is allowed; for other \
             machines use a tunnel (ssh -L)"
        )));
    }
    TcpListener::bind((address, port))
        .await
        .map_err(|e| Error::new(Kind::Environment, format!("cannot listen on {address}:{port}: {e}")))
}

/// Accepts connections for ever; each that shows the token is given to `serve`. What strangers send harms nobody, and if too
/// many come the oldest of them is sent away, so that they cannot keep friends out.
pub(super) async fn accept<F, S>(listener: TcpListener, identity: Arc<Identity>, serve: F)
where
    F: FnMut(Link, Role) -> S + Clone + Send + 'static,
    S: Future<Output = ()> + Send,
{
    let strangers: Arc<Mutex<VecDeque<(u64, AbortHandle)>>> = Arc::default();
    for number in 0u64.. {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: others may close some.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (identity, mut serve, waiting) = (identity.clone(), serve.clone(), strangers.clone());
        let task = tokio::spawn(async move {
            let greeted = timeout(HANDSHAKE, greet(stream, &identity)).await;
            waiting.lock().retain(|(n, _)| *n != number);
            if let Ok(Ok((link, role))) = greeted {
                serve(link, role).await;
            }
        });
        let mut waiting = strangers.lock();
        waiting.push_back((number, task.abort_handle()));
        if waiting.len() > MAX_STRANGERS
            && let Some((_, oldest)) = waiting.pop_front()
        {
            oldest.abort();
        }
    }
}
