//! Chunks from process to process: each gives its chunks out on a port of its own, and copies others' when told to.
//!
//! A copy always ends: it is reported as made or as failed, also when the other side hangs and is then declared lost.

use super::compute::{Outbox, Run, Wanted};
use super::link::{self, Identity, Inbound, Link, broken};
use crate::base::{Error, Kind, Result};
use crate::chunk::{Chunk, encode};
use crate::wire::frame::MAX_PIECE_BYTES;
use crate::wire::hello::Role;
use crate::wire::message::{Ask, Given, Report};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{Notify, mpsc};
use xxhash_rust::xxh3::xxh3_64;

/// Most chunks asked for at once.
const MAX_ASK: usize = 1024;
/// Chunks from this size on are encoded beside the thread of the sockets.
const LARGE_BYTES: u64 = 256 << 10;

/// The run that this process has a part in now.
pub(super) type Current = Arc<Mutex<Option<Arc<Run>>>>;

/// Gives chunks out to one peer, for as long as it asks.
pub(super) async fn serve(link: Link, role: Role, current: Current) {
    if role == Role::Data {
        let Link { mut inbound, writer, .. } = link;
        let mut out = BufWriter::with_capacity(64 << 10, writer);
        while let Ok(Some(ask)) = inbound.next::<Ask>().await {
            if give(&ask, &current, &mut out).await.is_err() {
                return; // the peer is gone
            }
        }
    }
}

async fn give(ask: &Ask, current: &Current, out: &mut BufWriter<OwnedWriteHalf>) -> Result<()> {
    for &(data, ticket) in &ask.data {
        let run = current.lock().clone().filter(|r| r.id == ask.run);
        let bytes = match run {
            Some(run) if run.bound(data) >= LARGE_BYTES => {
                let made = tokio::task::spawn_blocking(move || read(&run, data, ticket)).await;
                made.unwrap_or_else(|e| Err(Error::bug(e.to_string())))
            }
            Some(run) => read(&run, data, ticket),
            None => Err(Error::corrupt("another run")),
        };
        match bytes {
            Ok(bytes) => {
                let given = Given::Chunk { data, n_bytes: bytes.len() as u64, hash: xxh3_64(&bytes) };
                put(&given, out).await?;
                for piece in bytes.chunks(MAX_PIECE_BYTES) {
                    out.write_all(&(piece.len() as u32).to_le_bytes()).await.map_err(|e| broken(&e))?;
                    out.write_all(piece).await.map_err(|e| broken(&e))?;
                }
            }
            Err(_) => put(&Given::Missing { data }, out).await?,
        }
    }
    out.flush().await.map_err(|e| broken(&e))
}

/// A chunk's encoding. One whose spill file is broken is reported, so that it is made again.
fn read(run: &Run, data: u32, ticket: u32) -> Result<Vec<u8>> {
    let chunk = run.get(data).inspect_err(|e| {
        if e.kind() == Kind::Corrupt {
            run.tell(Report::CopyUnreadable { data, ticket });
        }
    })?;
    encode::encode(&chunk)
}

async fn put(given: &Given, out: &mut BufWriter<OwnedWriteHalf>) -> Result<()> {
    let mut frame = Vec::with_capacity(32);
    crate::wire::frame::append(given, MAX_PIECE_BYTES, &mut frame)?;
    out.write_all(&frame).await.map_err(|e| broken(&e))
}

/// Takes the answer for `data`, of at most about `bound` bytes in memory.
async fn receive(inbound: &mut Inbound, data: u32, bound: u64) -> Result<Option<Chunk>> {
    let given: Option<Given> = inbound.next().await?;
    let (n_bytes, hash) = match given {
        Some(Given::Chunk { data: d, n_bytes, hash }) if d == data => (n_bytes, hash),
        Some(Given::Missing { data: d }) if d == data => return Ok(None),
        _ => return Err(Error::corrupt("an answer to another question")),
    };
    // Encodings are as large as chunks, but for headers and gaps; outputs beyond their bound are rare and small.
    if n_bytes > bound.saturating_mul(2).saturating_add(1 << 20) {
        return Err(Error::corrupt(format!("a chunk of {n_bytes} bytes where {bound} were promised")));
    }
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < n_bytes {
        let n = inbound.length(MAX_PIECE_BYTES).await?;
        if n == 0 || (bytes.len() + n) as u64 > n_bytes {
            return Err(Error::corrupt("pieces that do not add up"));
        }
        if bytes.is_empty() {
            bytes.reserve_exact(n_bytes as usize);
        }
        inbound.append(n, &mut bytes).await?;
    }
    if xxh3_64(&bytes) != hash {
        return Err(Error::corrupt("a chunk whose checksum is wrong"));
    }
    encode::decode(Arc::new(bytes)).map(Some)
}

/// Copies chunks from one peer, many at a time.
pub(super) struct Fetcher {
    orders: mpsc::UnboundedSender<(Arc<Run>, Wanted)>,
    lost: Arc<Notify>,
}

impl Fetcher {
    /// A task that copies from the peer at `address`.
    pub(super) fn start(address: String, identity: Arc<Identity>, outbox: Arc<Outbox>) -> Fetcher {
        let (orders, inbox) = mpsc::unbounded_channel();
        let lost = Arc::new(Notify::new());
        tokio::spawn(fetch(address, identity, outbox, inbox, lost.clone()));
        Fetcher { orders, lost }
    }

    pub(super) fn order(&self, run: &Arc<Run>, wanted: Wanted) -> bool {
        self.orders.send((run.clone(), wanted)).is_ok()
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        self.lost.notify_one(); // also when it waits for a peer that hangs
    }
}

type Pending = VecDeque<(Arc<Run>, Wanted)>;

async fn fetch(
    address: String,
    identity: Arc<Identity>,
    outbox: Arc<Outbox>,
    mut inbox: mpsc::UnboundedReceiver<(Arc<Run>, Wanted)>,
    lost: Arc<Notify>,
) {
    let mut link = None;
    let mut pending = Pending::new();
    while let Some(first) = inbox.recv().await {
        pending.push_back(first);
        while pending.len() < MAX_ASK
            && let Ok(more) = inbox.try_recv()
        {
            pending.push_back(more);
        }
        let done = tokio::select! {
            done = copy(&mut link, &address, &identity, &mut pending, &outbox) => done.is_ok(),
            () = lost.notified() => false,
        };
        if !done {
            link = None;
            fail(&mut pending, &outbox);
        }
    }
}

fn fail(pending: &mut Pending, outbox: &Outbox) {
    for (run, w) in pending.drain(..) {
        outbox.push_one(run.id, Report::FetchFailed { data: w.data, ticket: w.ticket });
    }
}

/// Asks for all of `pending` (of one run at a time) and takes from it what has ended.
async fn copy(link: &mut Option<Link>, address: &str, identity: &Identity, pending: &mut Pending, outbox: &Outbox) -> Result<()> {
    while let Some((run, _)) = pending.front().cloned() {
        let n = pending.iter().take_while(|(r, _)| r.id == run.id).count();
        let link = match link {
            Some(link) => link,
            None => link.insert(link::connect(address, identity, Role::Data).await?),
        };
        let ask = Ask { run: run.id, data: pending.iter().take(n).map(|(_, w)| (w.data, w.ticket)).collect() };
        link::send(&mut link.writer, &ask).await?;
        for _ in 0..n {
            let Some(&(_, wanted)) = pending.front() else { break };
            let got = receive(&mut link.inbound, wanted.data, run.bound(wanted.data)).await?;
            pending.pop_front();
            let Wanted { data, ticket, .. } = wanted;
            outbox.push_one(
                run.id,
                match got {
                    Some(chunk) => {
                        run.put(data, chunk);
                        Report::Fetched { data, ticket }
                    }
                    None => Report::FetchFailed { data, ticket },
                },
            );
        }
    }
    Ok(())
}

/// Fetches chunks now, in order.
///
/// # Errors
/// When the peer does not answer or has lost one.
pub(super) async fn take(address: &str, identity: &Identity, run: &Run, data: &[u32]) -> Result<Vec<Chunk>> {
    let mut link = link::connect(address, identity, Role::Data).await?;
    let mut out = Vec::with_capacity(data.len());
    for part in data.chunks(MAX_ASK) {
        link::send(&mut link.writer, &Ask { run: run.id, data: part.iter().map(|&d| (d, 0)).collect() }).await?;
        for &d in part {
            let chunk = receive(&mut link.inbound, d, run.bound(d)).await?;
            out.push(chunk.ok_or_else(|| Error::new(Kind::Environment, format!("{address} no longer has a result")))?);
        }
    }
    Ok(out)
}
