//! What a command has so far, in a file beside its output, for the case that it does not come to its end: of one run what it has
//! counted, of several also those that have ended, of a ladder or a search the rungs that have ended.
//!
//! Written by a thread of its own: a disk that hangs costs the file and never the run.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use super::console;
use super::error::CommandError;
use crate::ladder::sweep_of;
use crate::report::{Format, Style, render};
use crate::result::{Document, NamedRun, Rung, Runs, Summary};
use crate::schedule::NANOS_PER_S;
use crate::time::{Clock, MonotonicClock};

/// How long it is waited until the file is gone when the result is there.
const LAST: Duration = Duration::from_secs(1);
/// Runs that end sooner after one another are written together, since each time all of them are.
const BETWEEN_NS: u64 = 30 * NANOS_PER_S;

/// What the file holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// The only run.
    Run,
    /// The runs that have ended, and the one that goes on.
    Runs,
    /// The rungs that have ended; the knee of the baseline is where the mean is so many times that of the first.
    Rungs { baseline_factor: f64 },
}

/// The file, while a command goes on.
pub(super) struct Partial {
    shape: Shape,
    /// The runs that have ended, where there are several.
    runs: RefCell<Vec<NamedRun>>,
    /// When it was last written, on the clock.
    last_ns: Cell<u64>,
    /// What the thread has not taken yet. A newer document takes the place of one that waits: it has all that the other has.
    waiting: Arc<Mutex<Option<Document>>>,
    wake: RefCell<Option<SyncSender<()>>>,
    ended: Receiver<()>,
    /// Whether the file is this command's: one of an earlier command may have that name.
    is_own: Arc<AtomicBool>,
    path: PathBuf,
}

impl Partial {
    /// Beside this output.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(super) fn beside(output: &Path, shape: Shape) -> io::Result<Self> {
        let mut name = output.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        let (wake, woken) = sync_channel::<()>(1);
        let (done, ended) = sync_channel(1);
        let (waiting, is_own) = (Arc::new(Mutex::new(None)), Arc::new(AtomicBool::new(false)));
        let (to_write, is_written, to) = (Arc::clone(&waiting), Arc::clone(&is_own), path.clone());
        thread::Builder::new().name("partial".to_owned()).spawn(move || {
            for () in woken {
                let document = to_write.lock().unwrap_or_else(PoisonError::into_inner).take();
                // What could not be written is tried again with the next.
                if document.is_some_and(|document| write(&to, &document).is_ok()) {
                    is_written.store(true, Ordering::Release);
                }
            }
            let _ = done.send(());
        })?;
        let (runs, last_ns) = (RefCell::new(Vec::new()), Cell::new(MonotonicClock.now_ns()));
        Ok(Self { shape, runs, last_ns, waiting, wake: RefCell::new(Some(wake)), ended, is_own, path })
    }

    /// Whether a run that goes on is in it.
    pub(super) fn has_what_goes_on(&self) -> bool {
        !matches!(self.shape, Shape::Rungs { .. })
    }

    /// What the run that goes on has so far.
    pub(super) fn so_far(&self, result: Summary) {
        match self.shape {
            Shape::Run => self.put(Document::Result(Box::new(result))),
            Shape::Runs => {
                let mut runs = self.runs.borrow().clone();
                runs.push(NamedRun::after(&runs, result));
                self.put(Document::Runs(Box::new(Runs::of(runs, true))));
            }
            Shape::Rungs { .. } => {}
        }
    }

    /// One of several runs has ended.
    pub(super) fn run_ended(&self, result: &Summary) {
        if self.shape != Shape::Runs {
            return;
        }
        let mut runs = self.runs.borrow_mut();
        let run = NamedRun::after(&runs, result.clone());
        runs.push(run);
        if self.is_due() {
            self.put(Document::Runs(Box::new(Runs::of(runs.clone(), true))));
        }
    }

    /// A rung has ended: the last of these.
    pub(super) fn rung_ended(&self, rungs: &[Rung]) {
        if let Shape::Rungs { baseline_factor } = self.shape
            && self.is_due()
        {
            self.put(Document::Sweep(Box::new(sweep_of(rungs.to_vec(), baseline_factor, true))));
        }
    }

    fn is_due(&self) -> bool {
        MonotonicClock.now_ns() >= self.last_ns.get().saturating_add(BETWEEN_NS)
    }

    fn put(&self, document: Document) {
        self.last_ns.set(MonotonicClock.now_ns());
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).replace(document);
        if let Some(wake) = &*self.wake.borrow() {
            let _ = wake.try_send(());
        }
    }

    /// Where it is, once there is something.
    pub(super) fn path(&self) -> Option<&Path> {
        self.is_own.load(Ordering::Acquire).then_some(self.path.as_path())
    }

    /// The result itself is written: this is no longer needed.
    pub(super) fn remove(&self) {
        self.wake.replace(None);
        // Not while the thread could still write it.
        if self.ended.recv_timeout(LAST).is_ok() && self.path().is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Where a user left, says where that is which was measured so far.
pub(super) fn say_where<R>(
    part: Result<R, CommandError>,
    partial: Option<&Partial>,
) -> Result<R, CommandError> {
    if let (Err(CommandError::Left), Some(path)) = (&part, partial.and_then(Partial::path)) {
        console::tell(format_args!("what was measured so far: rpsbench report {}", path.display()));
    }
    part
}

fn write(path: &Path, document: &Document) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let text = render(document, Format::Json, &Style::default()).map_err(io::Error::other)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn rung(rate_per_s: f64) -> Rung {
        Rung { rate_per_s, repeat: 1, recovery: None, result: fixture::freeze() }
    }

    /// What waits for the thread, or was written by it.
    fn kept(partial: &Partial) -> Document {
        partial.wake.replace(None);
        partial.ended.recv().unwrap();
        Document::read(&std::fs::read(&partial.path).unwrap()).unwrap()
    }

    #[test]
    fn it_is_a_result_and_gone_when_the_result_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let partial = Partial::beside(&folder.path().join("run.json"), Shape::Run).unwrap();
        assert_eq!(partial.path(), None);
        let path = folder.path().join("run.json.partial");
        let result = Document::Result(Box::new(fixture::few()));
        write(&path, &result).unwrap();
        assert_eq!(Document::read(&std::fs::read(&path).unwrap()).unwrap(), result);
        assert_eq!(partial.path(), None, "that of another run is not its own");
        partial.so_far(fixture::freeze());
        partial.remove();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn of_several_runs_it_has_those_that_ended_and_the_one_that_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let partial = Partial::beside(&folder.path().join("runs.json"), Shape::Runs).unwrap();
        (0..2).for_each(|_| partial.run_ended(&fixture::freeze()));
        assert!(partial.waiting.lock().unwrap().is_none(), "not for each run, and not before its time");
        partial.so_far(fixture::freeze());
        let Document::Runs(runs) = kept(&partial) else { panic!("no runs") };
        let repeats: Vec<u64> = runs.runs.iter().map(|run| run.repeat).collect();
        assert!(runs.interrupted && repeats == [1, 2, 3], "{repeats:?}");
    }

    #[test]
    fn of_rungs_it_has_those_that_ended_once_it_is_time() {
        let folder = tempfile::tempdir().unwrap();
        let shape = Shape::Rungs { baseline_factor: 3.0 };
        let partial = Partial::beside(&folder.path().join("sweep.json"), shape).unwrap();
        partial.so_far(fixture::freeze());
        partial.rung_ended(&[rung(10.0)]);
        assert!(partial.waiting.lock().unwrap().is_none() && !partial.has_what_goes_on());
        partial.last_ns.set(partial.last_ns.get().saturating_sub(BETWEEN_NS));
        partial.rung_ended(&[rung(10.0), rung(20.0)]);
        let Document::Sweep(sweep) = kept(&partial) else { panic!("no sweep") };
        assert!(sweep.interrupted && sweep.rungs.len() == 2);
    }
}
