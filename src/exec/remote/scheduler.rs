//! The scheduler's process: listens, greets, and passes what peers say to the one task that decides ([`Server`]).

use super::link::{self, Identity, Link};
use super::server::{Message, Server};
use super::token::Token;
use crate::base::{Error, Result};
use crate::format::registry::Registry;
use crate::plan::codec;
use crate::wire::hello::Role;
use crate::wire::message::FromNode;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

/// What a scheduler is started with.
#[derive(Clone, Debug)]
pub struct SchedulerConfig {
    /// Address to listen on; loopback only.
    pub bind: IpAddr,
    /// Port (0: any that is free).
    pub port: u16,
    /// What peers must show.
    pub token: Token,
    /// How long a run waits for a first worker, or for another one when all are lost.
    pub worker_timeout: Duration,
    /// A peer that has said nothing for so long is taken for lost (peers say something every second).
    pub silence: Duration,
    /// Stop when standard input ends.
    pub until_eof: bool,
}

/// Serves until told to stop. `ready` is called with the address once workers can connect.
///
/// # Errors
/// An address that is not loopback, or a port that is taken; what `ready` fails with.
pub fn serve(config: &SchedulerConfig, registry: Registry, ready: impl FnOnce(SocketAddr) -> Result<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::io("starting the runtime", &e))?;
    let result = runtime.block_on(async {
        let identity = Arc::new(Identity { token: config.token.clone(), registry: codec::registry_hash(&registry) });
        let listener = link::listen(config.bind, config.port).await?;
        let address = listener.local_addr().map_err(|e| link::broken(&e))?;
        let (send, inbox) = mpsc::unbounded_channel();
        if config.until_eof {
            stop_at_end_of_input(send.clone());
        }
        let joined = send.clone();
        tokio::spawn(link::accept(listener, identity, move |link, role| converse(link, role, joined.clone())));
        ready(address)?;
        Server::new((config.worker_timeout, config.silence), Arc::new(registry), send).run(inbox).await
    });
    runtime.shutdown_background();
    result
}

fn stop_at_end_of_input(send: mpsc::UnboundedSender<Message>) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink()); // an error is an end too
        let _ = send.send(Message::Stop);
    });
}

/// A connection's tasks: reads for the deciding one, and writes what that has to say.
async fn converse(link: Link, role: Role, send: mpsc::UnboundedSender<Message>) {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let conn = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let Link { mut inbound, mut writer, peer } = link;
    let (out, mut outbox) = mpsc::unbounded_channel::<Vec<u8>>();
    if role == Role::Data || send.send(Message::Joined { conn, role, peer, out }).is_err() {
        return; // chunks are not given out here
    }
    let reading = async {
        while let Ok(Some(what)) = inbound.next::<FromNode>().await {
            if send.send(Message::Said { conn, what }).is_err() {
                return;
            }
        }
    };
    let writing = async {
        while let Some(bytes) = outbox.recv().await {
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // The other side of the channel is dropped: this connection is to be closed.
    };
    tokio::select! { () = reading => {} () = writing => {} }
    let _ = send.send(Message::Gone { conn });
}
