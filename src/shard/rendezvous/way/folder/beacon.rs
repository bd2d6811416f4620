//! The file by which shard 0 is found, and by which a folder that is in use is told from one that was left.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::tempo::{Tempo, Waiting};
use super::{BEAT, aside, replace};

const FILE: &str = "rendezvous.json";
/// What the name of a run's folder begins with; 16 hexadecimal digits follow.
const RUN: &str = "run-";
/// How long a beacon that was found must stand still to count as left over.
const STANDS_STILL: Duration = Duration::from_secs(3 * BEAT.as_secs() + 1);

/// A beacon in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Beacon {
    folder: PathBuf,
    shown: Shown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Shown {
    /// Which run this is.
    run: String,
    /// Goes on as long as shard 0 lives.
    beat: u64,
}

/// What came of taking a folder.
pub(super) enum Claim {
    /// It is this shard's; `cleared`: something of an earlier run was removed.
    Ours { beacon: Beacon, cleared: bool },
    /// Another shard 0 is at work there.
    Taken,
}

/// Takes a folder for the run of this name. What another left there is removed, if that has stood still for a few seconds.
pub(super) async fn claim(folder: PathBuf, run: String) -> io::Result<Claim> {
    if !fs::metadata(&folder)?.is_dir() {
        return Err(io::Error::from(ErrorKind::NotADirectory));
    }
    let mut cleared = false;
    loop {
        let (path, name) = (folder.clone(), run.clone());
        if let Some(beacon) = aside(move || Beacon::light(path, name)).await? {
            // Nobody else is at work here: whatever else there is of runs is old.
            let ours = beacon.clone();
            let had_others = aside(move || ours.clear()).await?;
            return Ok(Claim::Ours { beacon, cleared: cleared || had_others });
        }
        let file = folder.join(FILE);
        let found = read(&file).await?;
        let (waiting, mut tempo) = (Waiting::default(), Tempo::default());
        while !waiting.has_lasted(STANDS_STILL) {
            tempo.wait().await;
            if read(&file).await? != found {
                break;
            }
        }
        match (read(&file).await?, found) {
            // It went in the meantime.
            (None, _) => {}
            (now, found) if now != found => return Ok(Claim::Taken),
            _ => aside(move || ignore_absent(fs::remove_file(file))).await?,
        }
        cleared = true;
    }
}

async fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = file.to_owned();
    aside(move || match fs::read(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    })
    .await
}

fn ignore_absent(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The beacon in a folder, for a guest; its name is made use of to change the folder.
///
/// # Errors
/// In words, where there is none.
pub(super) fn read_or_look_again(folder: &Path, id: &str) -> io::Result<Beacon> {
    let absent = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => {
            io::Error::new(ErrorKind::NotFound, "that folder does not exist, as this machine sees it")
        }
        _ => error,
    };
    if !fs::metadata(folder).map_err(absent)?.is_dir() {
        return Err(io::Error::from(ErrorKind::NotADirectory));
    }
    let text = match fs::read(folder.join(FILE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let change = folder.join(format!("look-{id}"));
            File::create_new(&change)?;
            fs::remove_file(change)?;
            return Err(io::Error::new(ErrorKind::NotFound, "no shard 0 has come to that folder"));
        }
        read => read?,
    };
    let shown: Shown = serde_json::from_slice(&text)?;
    if !is_id(&shown.run) {
        return Err(io::Error::other("what is in that folder is not of rpsbench"));
    }
    Ok(Beacon { folder: folder.to_owned(), shown })
}

impl Beacon {
    /// Shows it, and makes the folder of its run. `None`: there is one.
    fn light(folder: PathBuf, run: String) -> io::Result<Option<Self>> {
        let beacon = Self { folder, shown: Shown { run, beat: 0 } };
        // In one step also on NFS: only one of two makes it.
        let mut file = match File::create_new(beacon.folder.join(FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = serde_json::to_vec(&beacon.shown)?;
        let shown =
            DirBuilder::new().mode(0o700).create(beacon.run_folder()).and_then(|()| file.write_all(&text));
        match shown {
            Ok(()) => Ok(Some(beacon)),
            Err(error) => {
                let _ = fs::remove_file(beacon.folder.join(FILE));
                Err(error)
            }
        }
    }

    /// Shows that shard 0 lives.
    ///
    /// # Errors
    /// As the file system; and where another has taken the folder, as from one that was frozen for long.
    pub(super) fn beat(&mut self) -> io::Result<()> {
        if !self.is_shown() {
            return Err(io::Error::other("another shard 0 has taken the folder"));
        }
        self.shown.beat += 1;
        replace(&self.folder.join(FILE), &serde_json::to_vec(&self.shown)?)
    }

    /// Whether the file is that of this run.
    fn is_shown(&self) -> bool {
        let shown = fs::read(self.folder.join(FILE)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        shown.is_some_and(|shown: Shown| shown.run == self.shown.run)
    }

    pub(super) fn run_folder(&self) -> PathBuf {
        self.folder.join(format!("{RUN}{}", self.shown.run))
    }

    /// What a connection is known by, in this run and no other.
    pub(super) fn name_of(&self, connection: &str) -> String {
        format!("{}/{connection}", self.shown.run)
    }

    /// Removes the folders of other runs, as far as it may, and says whether there were any.
    fn clear(&self) -> io::Result<bool> {
        let own = self.run_folder();
        let mut had_others = false;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_run = name.to_str().and_then(|name| name.strip_prefix(RUN)).is_some_and(is_id);
            if is_run && entry.file_type()?.is_dir() && entry.path() != own {
                had_others |= fs::remove_dir_all(entry.path()).is_ok();
            }
        }
        Ok(had_others)
    }

    /// Takes all of this run away, as far as the file system lets it.
    pub(super) fn remove(&self) {
        if self.is_shown() {
            let _ = fs::remove_file(self.folder.join(FILE));
        }
        // A guest may write to it at this very moment.
        let _ = (0..3).find(|_| fs::remove_dir_all(self.run_folder()).is_ok());
    }
}

/// Whether it is the name of a run, and leads nowhere else.
fn is_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
