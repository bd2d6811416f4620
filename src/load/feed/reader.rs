//! The thread that reads a recording ahead of its worker.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc;

use super::Trouble;
use crate::request::{RecordedArrival, Recording};

/// Batches that are read ahead, and the most arrivals and bytes of bodies in one: at 40,000 arrivals a second, 0.4 s.
const AHEAD: usize = 32;
const BATCH: usize = 512;
const BATCH_BYTES: usize = 256 << 10;

/// Starts to read. The thread ends with the stripe, or when nobody receives any more.
pub(super) fn start(
    recording: Arc<Recording>,
    stripe: u64,
    stripes: u64,
    trouble: Trouble,
) -> io::Result<mpsc::Receiver<Vec<RecordedArrival>>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    // Not waited for at the end: it may be in the middle of a slow read, and nobody needs what it reads.
    thread::Builder::new().name(format!("reader-{stripe}")).spawn(move || {
        if let Err(why) = read(&recording, stripe, stripes, &sender) {
            let path = recording.path().display();
            let _ = trouble.set(format!(
                "the replay is not complete, for `{path}` is not what it was when the run began: {why}"
            ));
        }
    })?;
    Ok(receiver)
}

fn read(
    recording: &Recording,
    stripe: u64,
    stripes: u64,
    sender: &mpsc::Sender<Vec<RecordedArrival>>,
) -> Result<(), String> {
    let file = File::open(recording.path()).map_err(|error| error.to_string())?;
    let mut arrivals = recording.arrivals(file, stripe, stripes).map_err(|error| error.to_string())?;
    let mut next = stripe;
    loop {
        let (mut batch, mut bytes) = (Vec::with_capacity(BATCH), 0);
        let end = loop {
            match arrivals.next() {
                Ok(Some(arrival)) => {
                    bytes += arrival.request.body_bytes();
                    next = arrival.index + stripes;
                    batch.push(arrival);
                }
                Ok(None) => break Some(Ok(())),
                Err(error) => break Some(Err(error.to_string())),
            }
            if batch.len() == BATCH || bytes >= BATCH_BYTES {
                break None;
            }
        };
        // What was read before the trouble is sent all the same. A run that is over receives no more.
        if sender.blocking_send(batch).is_err() {
            return Ok(());
        }
        match end {
            None => {}
            Some(Ok(())) if next < recording.recorded().count => {
                return Err(format!("it ends after {next} arrivals"));
            }
            Some(end) => return end,
        }
    }
}
