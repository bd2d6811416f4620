//! What `compare` refuses to do on shards, and the way that it names.

use serde_json::Value;

use super::folder::meeting_folder;
use super::{counting, start_for, start_of};
use crate::support::program::{Running, assert_ledger_adds_up, ledger, run};

#[test]
fn users_and_an_open_loop_are_sent_on_shards_each_and_their_results_compared() {
    let ended = run(&["compare", "-c", "6", "--shard", "0/2", "--rendezvous", "dir:meet"]);
    assert!(ended.code == 2 && ended.stderr.contains("compare runs on one machine"), "{ended:?}");
    assert!(ended.stderr.contains("compare the two files"), "{ended:?}");

    let ((server, _), (folder, place)) = (counting(), meeting_folder());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (closed, open) = (path("closed.json"), path("open.json"));
    let users = ["-c", "6", "-n", "3001", "--warmup", "0", "-o", &closed];
    let running = [0, 1].map(|index| start_of("closed", index, 2, &server.url(), &place, &users));
    for ended in running.map(Running::end) {
        assert!(ended.is_measured(), "{ended:?}");
    }
    let running = [0, 1].map(|index| start_for("2s", index, 2, &server.url(), &place, &["-o", &open]));
    for ended in running.map(Running::end) {
        assert!(ended.is_measured(), "{ended:?}");
    }
    for (path, sent) in [(&closed, 3_001), (&open, 400)] {
        let text = std::fs::read_to_string(path).expect("shard 0 wrote it");
        let result: Value = serde_json::from_str(&text).expect("a whole result");
        assert_ledger_adds_up(&result);
        assert_eq!(
            (ledger(&result, "ok"), result["merged"]["shards"].as_array().map(Vec::len)),
            (sent, Some(2))
        );
    }
    let ended = run(&["compare", &closed, &open]);
    assert!(ended.code == 0 && ended.stdout.contains("closed"), "{ended:?}");
}
