//! A folder is taken, found, left and cleared, and carries whatever is said.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::*;

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

async fn taken(path: &Path) -> Result<(Listener, Option<String>), RendezvousError> {
    Listener::at(path).await
}

/// How many files there are, in its folders too.
fn files_in(path: &Path) -> usize {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_in(&path) } else { 1 }).sum()
}

#[test]
fn what_one_says_the_other_hears_and_nothing_stays_behind() {
    // Not a multiple of the largest piece, and every byte another than its neighbours.
    let sent: Vec<u8> = (0..2_000_003_u32).map(|at| (at % 251) as u8).collect();
    let folder = tempfile::tempdir().unwrap();
    on_a_runtime(async {
        let (mut listener, found) = taken(folder.path()).await.unwrap();
        assert_eq!(found, None);
        let host = async {
            let Way { mut stream, name, carrying } = listener.accept().await.unwrap();
            let mut heard = vec![0; sent.len()];
            stream.read_exact(&mut heard).await.unwrap();
            stream.write_all(b"heard").await.unwrap();
            // Until the guest has gone.
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
            drop(stream);
            carrying.unwrap().await.unwrap();
            (heard, name.unwrap())
        };
        let guest = async {
            let Way { mut stream, name, .. } = connect(folder.path()).await.unwrap();
            stream.write_all(&sent).await.unwrap();
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).await.unwrap();
            (answer, name.unwrap())
        };
        let ((heard, its_name), (answer, own_name)) = tokio::join!(host, guest);
        assert!(heard == sent && answer == *b"heard" && its_name == own_name);
        let again = timeout(Duration::from_millis(300), listener.accept()).await;
        assert!(again.is_err(), "a knock is heard once");
        assert_eq!(its_name.split_once('/').map(|(run, id)| (run.len(), id.len())), Some((16, 16)));
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_in_use_is_refused_and_one_that_was_left_is_cleared_of_what_is_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    on_a_runtime(async {
        let (mut listener, _) = taken(path).await.unwrap();
        let other = async { taken(path).await.err() };
        let refused = tokio::select! { refused = other => refused, _ = listener.accept() => None };
        assert!(matches!(refused, Some(RendezvousError::Taken { .. })), "{refused:?}");
        // As if its process had been killed: nothing is removed, and it beats no more.
        std::mem::forget(listener);
        for name in ["run-of-the-mill", "run-0123456789abcdef"] {
            fs::create_dir(path.join(name)).unwrap();
        }
        fs::write(path.join("notes.txt"), "").unwrap();
        let waiting = Waiting::default();
        let before = files_in(path);
        let in_vain = connect(path).await.map(|_| ()).unwrap_err();
        assert!(in_vain.contains("left by an earlier run") && waiting.has_lasted(KNOCK), "{in_vain}");
        assert_eq!(files_in(path), before);
        let (listener, found) = taken(path).await.unwrap();
        assert!(found.as_deref().is_some_and(|found| found.contains("an earlier run")), "{found:?}");
        drop(listener);
    });
    let mut left: Vec<_> = fs::read_dir(path).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["notes.txt", "run-of-the-mill"]);
}

#[test]
fn one_that_was_frozen_until_its_folder_was_taken_does_not_take_it_back() {
    let folder = tempfile::tempdir().unwrap();
    on_a_runtime(async {
        let (mut frozen, _) = taken(folder.path()).await.unwrap();
        let (mut listener, _) = taken(folder.path()).await.unwrap();
        assert!(frozen.accept().await.is_err() && frozen.beacon.beat().is_err());
        drop(frozen);
        let guest = async { connect(folder.path()).await.is_ok() };
        let (accepted, connected) = tokio::join!(listener.accept(), guest);
        assert!(accepted.is_ok() && connected);
    });
}

#[test]
fn where_there_is_nobody_a_guest_learns_why() {
    let folder = tempfile::tempdir().unwrap();
    let why = |path: PathBuf| on_a_runtime(async move { connect(&path).await.map(|_| ()).unwrap_err() });
    assert!(why(folder.path().join("none")).contains("does not exist"));
    assert!(why(folder.path().to_owned()).contains("no shard 0 has come"));
    fs::write(folder.path().join("rendezvous.json"), r#"{"run":"../../../../etc/","beat":1}"#).unwrap();
    assert!(why(folder.path().to_owned()).contains("not of rpsbench"));
    assert!(why(folder.path().join("rendezvous.json")).contains("not a directory"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no trace of those who looked");
}
