//! The thread that writes spill files and removes them, so that no compute thread waits for the disk.

use crate::base::{Error, Kind};
use crate::exec::threads::{EndOnPanic, Shared};
use crate::graph::DataId;
use crate::sched::{Event, SpillFailure};
use crate::spill::SpillStore;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

/// What the I/O thread is asked for.
pub(super) enum Io {
    Write { data: DataId, ticket: u32 },
    Remove(DataId),
    End,
}

impl Shared<'_> {
    /// Does what it is asked for until the run is over.
    pub(super) fn write_spills(&self, store: &dyn SpillStore, requests: &Receiver<Io>) {
        let _end = EndOnPanic(self);
        while let Ok(request) = requests.recv() {
            let (data, ticket) = match request {
                Io::End => return,
                Io::Remove(data) => {
                    store.remove(data);
                    continue;
                }
                Io::Write { data, ticket } => (data, ticket),
            };
            if self.stop.load(Ordering::Acquire) {
                continue;
            }
            let chunk = self.slots[data as usize].lock().as_deref().cloned();
            let written = match &chunk {
                Some(chunk) => store.write(data, chunk),
                None => Err(Error::bug(format!("data {data} is to be spilled but is not in memory"))),
            };
            drop(chunk);
            self.other(match written {
                Ok(_) => Event::Spilled { worker: 0, epoch: 1, data, ticket },
                Err(e) => {
                    let why = match e.kind() {
                        Kind::DiskFull => SpillFailure::DiskFull,
                        Kind::Unsupported => SpillFailure::Unspillable,
                        _ => SpillFailure::Io,
                    };
                    Event::SpillFailed { worker: 0, epoch: 1, data, ticket, why }
                }
            });
        }
    }
}
