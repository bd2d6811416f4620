//! Real engines: GNU parallel, Open MPI and Slurm start the shards, and say which is which.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;

use serde_json::Value;

use super::folder::meeting_folder;
use super::{PLANNED, WARMUP, counting, meeting_place};
use crate::support::nginx::Nginx;
use crate::support::program::{Ended, assert_ledger_adds_up, end_of, ledger, shell};

/// The load as typed into a shell, for all shards; `$URL` and `$PLACE` are in the environment.
const RPSBENCH: &str = "rpsbench $URL --rate 200 --duration 2s --warmup 500ms --baseline 0 -q --format json";

fn at(line: &str, url: &str, place: &str) -> Command {
    let mut command = shell(line);
    command.env("URL", url).env("PLACE", place);
    command
}

/// The merged report that shard 0 wrote, among what the others wrote.
fn merged(ended: &Ended) -> Value {
    let start = ended.stdout.find('{').unwrap_or_else(|| panic!("no report: {ended:?}"));
    let mut documents = serde_json::Deserializer::from_str(&ended.stdout[start..]).into_iter();
    documents.next().expect("a report").unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

fn assert_is_whole(ended: &Ended, seen: u64) {
    // Four processes and an engine on a small machine: it may not trust itself, and counts all the same.
    assert!(ended.is_measured(), "{ended:?}");
    let merged = merged(ended);
    assert_ledger_adds_up(&merged);
    assert_eq!(["planned", "ok"].map(|column| ledger(&merged, column)), [PLANNED; 2]);
    assert_eq!(merged["merged"]["shards"].as_array().map(Vec::len), Some(4));
    assert_eq!(seen, PLANNED + WARMUP);
}

#[test]
#[ignore = "needs GNU parallel"]
fn gnu_parallel_starts_the_shards_of_a_run() {
    let (server, seen) = counting();
    let line = format!("seq 4 | parallel --jobs 4 '{RPSBENCH} --shard auto/4 --rendezvous $PLACE; : {{}}'");
    let ended = end_of(&mut at(&line, &server.url(), &meeting_place()));
    assert_is_whole(&ended, seen.load(Ordering::SeqCst));
}

#[test]
#[ignore = "needs Open MPI"]
fn open_mpi_starts_the_shards_of_a_run() {
    let (server, seen) = counting();
    let line = format!(
        "mpirun --allow-run-as-root --oversubscribe -n 4 {RPSBENCH} --shard auto --rendezvous $PLACE"
    );
    let ended = end_of(&mut at(&line, &server.url(), &meeting_place()));
    assert_is_whole(&ended, seen.load(Ordering::SeqCst));
    let from = merged(&ended)["merged"]["shards"][2]["from"].as_str().map(str::to_owned);
    assert_eq!(from.as_deref(), Some("Open MPI (OMPI_COMM_WORLD_RANK=2)"));
}

#[test]
#[ignore = "needs Open MPI"]
fn results_come_through_the_mixed_output_of_open_mpi() {
    let (server, seen) = counting();
    let lines = RPSBENCH.replace("--format json", "--format lines");
    let line = format!(
        "mpirun --allow-run-as-root --oversubscribe --tag-output -n 4 {lines} --shard auto --start-at +4s | rpsbench merge - \
         --format json"
    );
    let ended = end_of(&mut at(&line, &server.url(), "none"));
    assert_is_whole(&ended, seen.load(Ordering::SeqCst));
}

#[test]
#[ignore = "needs Slurm and nginx"]
fn four_tasks_of_slurm_load_one_nginx_and_it_counts_what_was_planned() {
    let step = format!("srun --quiet -n 4 {RPSBENCH} --shard auto --rendezvous $PLACE");
    let (_folder, in_a_folder) = meeting_folder();
    for place in [meeting_place(), in_a_folder] {
        let nginx = Nginx::start(|_, port| {
            format!("server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ return 200 'hello'; }} }}")
        });
        let url = format!("http://127.0.0.1:{}/", nginx.port);
        let ended = end_of(&mut at(&in_slurm(&step), &url, &place));
        assert_is_whole(&ended, nginx.logged().len() as u64);
    }
}

/// `tests/slurm.sh` runs a cluster of two nodes on this machine for as long as a command takes.
fn in_slurm(line: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm.sh");
    assert!(script.exists());
    format!("bash {} sh -c '{line}'", script.display())
}

#[test]
#[ignore = "needs Slurm"]
fn slurm_starts_the_shards_of_a_run_and_scancel_ends_it_with_a_report() {
    let (server, seen) = counting();
    let step = format!("srun --quiet -n 4 {RPSBENCH} --shard auto --rendezvous $PLACE");
    let ended = end_of(&mut at(&in_slurm(&step), &server.url(), &meeting_place()));
    assert_is_whole(&ended, seen.load(Ordering::SeqCst));
    let from = merged(&ended)["merged"]["shards"][3]["from"].as_str().map(str::to_owned);
    assert_eq!(from.as_deref(), Some("Slurm step (SLURM_PROCID=3)"));

    let (folder, place) = meeting_folder();
    let ended = end_of(&mut at(&in_slurm(&step), &server.url(), &place));
    assert_is_whole(&ended, seen.load(Ordering::SeqCst) - PLANNED - WARMUP);

    let report = folder.path().join("report.json").display().to_string();
    let long = RPSBENCH.replace("--duration 2s", "--duration 60s");
    let cancelled = format!(
        "srun --quiet -n 4 --job-name cancelled {long} --shard auto --rendezvous $PLACE -o {report} & \
         sleep 5; scancel --signal=INT --name cancelled; wait; exit 0"
    );
    let ended = end_of(&mut at(&in_slurm(&cancelled), &server.url(), &meeting_place()));
    let text = fs::read_to_string(&report).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let document: Value = serde_json::from_str(&text).expect("a whole report");
    assert_ledger_adds_up(&document);
    assert_eq!((&document["interrupted"], ledger(&document, "planned")), (&true.into(), 12_000), "{ended:?}");
}
