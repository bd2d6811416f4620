//! Rates that change within one run.

use serde_json::Value;

use crate::support::program::{assert_ledger_adds_up, ledger, program, run};
use crate::support::servers::{GOOD, Server, Witness, answer_always};

const QUIET: [&str; 8] = ["--warmup", "0", "--baseline", "0", "--no-check", "--format", "json", "-q"];

fn document(arguments: &[&str]) -> Value {
    let ended = run(arguments);
    assert!(ended.is_measured(), "{ended:?}");
    serde_json::from_str(&ended.stdout).expect("a result")
}

#[test]
fn the_target_receives_what_the_profile_adds_up_to_and_each_phase_has_its_own_figures() {
    let witness = Witness::start(GOOD);
    let phases = ["--profile", "warm:100@1s,peak:400@1s,400..0@1s", "--slo", "peak:p99<9s"];
    let document = document(&[&[witness.url().as_str()], &phases[..], &QUIET].concat());
    assert_ledger_adds_up(&document);
    assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (700, 700));
    assert_eq!(witness.seen().len(), 700);
    let offered: Vec<_> =
        document["phases"].as_array().unwrap().iter().map(|phase| phase["offered"].clone()).collect();
    assert_eq!(offered, [100, 400, 200]);
    let names: Vec<_> =
        document["phases"].as_array().unwrap().iter().map(|phase| phase["name"].clone()).collect();
    assert_eq!(names, ["warm", "peak", "400..0/s"]);
    assert!(document["phases"][1]["response"]["p50_ms"].is_number(), "{}", document["phases"]);
    assert_eq!(document["slos"][0]["passed"], true, "{}", document["slos"]);
    // Requests are where the schedule has them: half of a line down has three quarters of its requests.
    let offered: Vec<_> =
        document["series"].as_array().unwrap().iter().map(|row| row["offered"].clone()).collect();
    assert_eq!(offered, [100, 400, 200]);
}

#[test]
fn a_line_and_a_file_are_profiles_too() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let line =
        document(&[&[server.url().as_str(), "--rate", "0..200", "--duration", "2s"], &QUIET[..]].concat());
    assert_eq!((ledger(&line, "planned"), line["plan"]["rate_per_s"].as_f64()), (200, Some(100.0)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("day.csv");
    std::fs::write(&file, "t_s,rate_per_s,phase\n0,100,low\n1,100,\n1.5,300,high\n2,300,\n").unwrap();
    let file = file.to_str().unwrap();
    let linear = document(&[&[server.url().as_str(), "--profile", file], &QUIET[..]].concat());
    assert_eq!(ledger(&linear, "planned"), 350, "100 + (100 + 300) / 2 x 0.5 + 150");
    let steps =
        document(&[&[server.url().as_str(), "--profile", file, "--profile-steps"], &QUIET[..]].concat());
    assert_eq!(ledger(&steps, "planned"), 300, "150 + 150");
}

#[test]
fn what_a_profile_has_is_not_given_twice() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let url = server.url();
    for (flags, part) in [
        (&["--profile", "100@1s", "--rate", "5"][..], "--profile and --rate cannot be used together"),
        (&["--profile", "100@1s", "--duration", "5s"], "--profile and --duration"),
        (&["--profile", "100@1s", "-n", "5"], "--profile and --requests"),
        (&["--rate", "1..5", "-n", "5"], "has a length of its own"),
        (&["--profile", "0.1@1s"], "no request fits"),
        (&["--profile", "100@1s", "--profile-steps"], "--profile FILE.csv"),
        (&["--profile", "none.csv"], "cannot read the profile file"),
        (&["--profile", "a:5@1s,b:6@1s", "--slo", "c:p99<1s"], "there are these: a, b"),
        (&["--rate", "5", "--slo", "c:p99<1s"], "they come with --profile"),
        (&["--profile", "a:5@10s,b:6@400ms", "--slo", "b:p99<1s"], "without a whole interval"),
        (&[], "--rate"),
    ] {
        let ended = run(&[&[url.as_str()], flags].concat());
        assert!(ended.code == 2 && ended.stderr.contains(part), "{flags:?}: {ended:?}");
    }
    // What was typed beats the environment.
    let mut with_rate = program();
    with_rate.env("RPSBENCH_RATE", "5").arg(&url).args(["--profile", "100@1s"]).args(QUIET);
    let output = with_rate.output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).expect("a result");
    assert_eq!(ledger(&document, "planned"), 100);
}
