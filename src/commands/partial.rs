//! What a run has so far, in a file beside its output, for the case that it does not come to its end.
//!
//! Written by a thread of its own: a disk that hangs costs the file and never the run.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::report::json;
use crate::result::Summary;

/// How long it is waited until the file is gone when the result is there.
const LAST: Duration = Duration::from_secs(1);

/// The file, while a run goes on.
pub(super) struct Partial {
    results: RefCell<Option<SyncSender<Box<Summary>>>>,
    ended: Receiver<()>,
    /// Whether the file is this run's: one of an earlier run may have that name.
    is_own: Arc<AtomicBool>,
    path: PathBuf,
}

impl Partial {
    /// Beside this output.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(super) fn beside(output: &Path) -> io::Result<Self> {
        let mut name = output.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        // One that waits is enough: the next one has all that it has.
        let (results, waiting) = sync_channel::<Box<Summary>>(1);
        let (done, ended) = sync_channel(1);
        let to = path.clone();
        let is_own = Arc::new(AtomicBool::new(false));
        let is_written = Arc::clone(&is_own);
        thread::Builder::new().name("partial".to_owned()).spawn(move || {
            for result in waiting {
                // What could not be written is tried again with the next.
                if write(&to, &result).is_ok() {
                    is_written.store(true, Ordering::Release);
                }
            }
            let _ = done.send(());
        })?;
        Ok(Self { results: RefCell::new(Some(results)), ended, is_own, path })
    }

    /// What there is so far. Left out where the last one is still being written.
    pub(super) fn keep(&self, result: Summary) {
        if let Some(results) = &*self.results.borrow() {
            let _ = results.try_send(Box::new(result));
        }
    }

    /// Where it is, once there is something.
    pub(super) fn path(&self) -> Option<&Path> {
        self.is_own.load(Ordering::Acquire).then_some(self.path.as_path())
    }

    /// The result itself is written: this is no longer needed.
    pub(super) fn remove(&self) {
        self.results.replace(None);
        // Not while the thread could still write it.
        if self.ended.recv_timeout(LAST).is_ok() && self.path().is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn write(path: &Path, result: &Summary) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(json::render(result).as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::result::read_result;

    #[test]
    fn it_is_a_result_and_gone_when_the_result_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let partial = Partial::beside(&folder.path().join("run.json")).unwrap();
        assert_eq!(partial.path(), None);
        let path = folder.path().join("run.json.partial");
        write(&path, &fixture::few()).unwrap();
        assert_eq!(read_result(&std::fs::read(&path).unwrap()).unwrap(), fixture::few());
        assert_eq!(partial.path(), None, "that of another run is not its own");
        partial.keep(fixture::freeze());
        partial.remove();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
