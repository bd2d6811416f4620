//! Through the files of a folder that all shards see.
//!
//! ```text
//! FOLDER/rendezvous.json      shard 0 is here, and in which run's folder: written anew each second
//! FOLDER/run-RUN/             the files of this run, for this user alone
//!     ID.knock                somebody wants a connection of that name
//!     ID.guest, ID.host       how much each end has said, and a count that goes on while it lives
//!     ID.guest.N, ID.host.N   what it said, piece by piece: whoever reads one removes it
//! ```
//!
//! Made for file systems that promise little, like NFS: there is no lock, and nobody is told of a change. A file that changes is
//! replaced as a whole by a rename and is opened anew for each look at it, for only then must NFS show what others wrote; a piece
//! is written and closed before it is mentioned. Names that are to appear are looked for in a folder that was changed just before,
//! for else NFS may answer for half a minute that they are not there.

mod beacon;
mod line;
mod mail;
mod tempo;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::task::spawn_blocking;
use tokio_util::either::Either;

use super::super::RendezvousError;
use super::super::place::hexadecimal;
use super::stream::Way;
use beacon::{Beacon, Claim};
use line::Line;
use mail::Seen;
use tempo::{Tempo, Waiting};

/// How often each end shows that it lives.
const BEAT: Duration = Duration::from_secs(1);
/// How long an end may show nothing until it counts as gone. File systems on a network pause for seconds.
const LOST: Duration = Duration::from_secs(10);
/// How long shard 0 may take to answer a knock.
const KNOCK: Duration = Duration::from_secs(4);

/// Where shard 0 waits for knocks.
pub(in crate::shard::rendezvous) struct Listener {
    beacon: Beacon,
    folder: PathBuf,
    knocks: VecDeque<String>,
    tempo: Tempo,
    beaten: Waiting,
}

impl Listener {
    /// Takes the folder. Says what an earlier run had left there.
    ///
    /// # Errors
    /// [`RendezvousError::Folder`] where nothing can be written there, [`RendezvousError::Taken`] where another is at work.
    pub(super) async fn at(path: &Path) -> Result<(Self, Option<String>), RendezvousError> {
        let place = format!("dir:{}", path.display());
        let refused = |source| RendezvousError::Folder { place: place.clone(), source };
        let (path, id) = (path.to_owned(), fresh_id().map_err(refused)?);
        let claimed = beacon::claim(path, id).await.map_err(refused)?;
        let Claim::Ours { beacon, cleared } = claimed else { return Err(RendezvousError::Taken { place }) };
        let found =
            cleared.then(|| format!("an earlier run had left its files in {place}; they were removed"));
        let folder = beacon.run_folder();
        let (knocks, tempo, beaten) = (VecDeque::new(), Tempo::default(), Waiting::default());
        Ok((Self { beacon, folder, knocks, tempo, beaten }, found))
    }

    /// The next connection.
    ///
    /// # Errors
    /// What the file system says; it may pass.
    pub(super) async fn accept(&mut self) -> io::Result<Way> {
        loop {
            if let Some(id) = self.knocks.pop_front() {
                let (own, other) = (self.file(&id, "host"), self.file(&id, "guest"));
                let line = aside(move || Line::open(own, other)).await?;
                return Ok(over(line, true, self.beacon.name_of(&id)));
            }
            if self.beaten.has_lasted(BEAT) {
                self.beaten = Waiting::default();
                let mut beacon = self.beacon.clone();
                self.beacon = aside(move || beacon.beat().map(|()| beacon)).await?;
            }
            let folder = self.folder.clone();
            self.knocks = aside(move || knocks(&folder)).await?;
            match self.knocks.is_empty() {
                true => self.tempo.wait().await,
                false => self.tempo.hurry(),
            }
        }
    }

    fn file(&self, id: &str, end: &str) -> PathBuf {
        self.folder.join(format!("{id}.{end}"))
    }
}

/// Nothing of it stays behind.
impl Drop for Listener {
    fn drop(&mut self) {
        self.beacon.remove();
    }
}

/// Those who knock: each is heard once.
fn knocks(folder: &Path) -> io::Result<VecDeque<String>> {
    // A change, so that the list is a new one.
    replace(&folder.join("here"), b"")?;
    let mut heard = VecDeque::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let is_knock = path.extension().is_some_and(|extension| extension == "knock");
        if let (true, Some(id)) = (is_knock, path.file_stem().and_then(|id| id.to_str()))
            && fs::remove_file(&path).is_ok()
        {
            heard.push_back(id.to_owned());
        }
    }
    Ok(heard)
}

/// Knocks, and waits until shard 0 answers.
///
/// # Errors
/// Why there is no connection.
pub(super) async fn connect(path: &Path) -> Result<Way, String> {
    let (path, id) = (path.to_owned(), fresh_id().map_err(|error| error.to_string())?);
    let (beacon, id, line) = aside(move || {
        let beacon = beacon::read_or_look_again(&path, &id)?;
        let folder = beacon.run_folder();
        let file = |end: &str| folder.join(format!("{id}.{end}"));
        // There from the first, so that nobody is told that it is not.
        mail::prepare(&file("host"))?;
        let line = Line::open(file("guest"), file("host"))?;
        fs::File::create_new(file("knock"))?;
        Ok((beacon, id, line))
    })
    .await
    .map_err(|error| error.to_string())?;
    match answered(line).await {
        Ok(line) => Ok(over(line, false, beacon.name_of(&id))),
        Err(why) => {
            // Shard 0 may be there in a moment: it must not find those who have gone.
            let folder = beacon.run_folder();
            let files = ["knock", "host", "guest"].map(|end| folder.join(format!("{id}.{end}")));
            let _ = aside(move || files.iter().try_for_each(fs::remove_file)).await;
            Err(why)
        }
    }
}

/// Waits for the first sign of life.
async fn answered(mut line: Line) -> Result<Line, String> {
    let (waiting, mut tempo) = (Waiting::default(), Tempo::default());
    loop {
        let (seen, back) = aside(move || Ok(line.look())).await.map_err(|error| error.to_string())?;
        line = back;
        match seen {
            Seen::Nothing if waiting.has_lasted(KNOCK) => {
                return Err(
                    "shard 0 gives no sign there, as if its files were left by an earlier run".to_owned()
                );
            }
            Seen::Nothing => tempo.wait().await,
            Seen::Over => return Err("shard 0 has gone from there".to_owned()),
            Seen::Alive | Seen::Piece(_) => return Ok(line),
        }
    }
}

fn over(line: Line, clears: bool, name: String) -> Way {
    let (stream, carrying) = line.carry(clears);
    Way { stream: Either::Right(stream), name: Some(name), carrying: Some(carrying) }
}

/// Does this beside the runtime: a file system may take its time.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Writes a file so that whoever opens it sees all of the old one or all of the new one.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut new: OsString = path.as_os_str().to_owned();
    new.push(".new");
    fs::write(&new, text)?;
    fs::rename(&new, path)
}

fn fresh_id() -> io::Result<String> {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("no random numbers"))?;
    Ok(hexadecimal(&bytes))
}
