//! Arrivals as they were recorded.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::program::{Running, assert_ledger_adds_up, file, ledger, program, run, run_json};
use crate::support::servers::{GOOD, Seen, Server, Witness, answer_always};

const ALONE: [&str; 2] = ["--baseline", "0"];

/// Replays a text, and returns the result and what the target received, in the order in which it came.
fn replayed(name: &str, text: &str, more: &[&str]) -> (Value, Vec<Seen>) {
    let (witness, folder) = (Witness::start(GOOD), tempfile::tempdir().expect("a folder"));
    let recording = file(&folder, name, text);
    let (ended, document) =
        run_json(&[&[witness.url().as_str(), "--arrivals-file", &recording], &ALONE[..], more].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_ledger_adds_up(&document);
    assert_eq!(ledger(&document, "ok"), ledger(&document, "planned"), "{}", document["ledger"]);
    let mut seen = witness.seen();
    seen.sort_by_key(|seen| seen.at);
    (document, seen)
}

fn lines(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.line().trim_end_matches(" HTTP/1.1")).collect()
}

/// Asserts that requests came so many milliseconds after the first, as far as a busy machine allows.
#[track_caller]
fn assert_came_at(seen: &[Seen], expected_ms: &[u64]) {
    let after = |at: &Seen| at.at.duration_since(seen[0].at).unwrap_or(Duration::ZERO).as_millis() as i64;
    let came: Vec<i64> = seen.iter().map(after).collect();
    let is_near = |(came, expected): (&i64, &u64)| (came - *expected as i64).abs() < 120;
    assert!(came.len() == expected_ms.len() && came.iter().zip(expected_ms).all(is_near), "{came:?}");
}

#[test]
fn rows_of_a_table_leave_at_their_times_with_what_they_say() {
    let text = "t_ms,method,path,header:X-Row,body\n\
                1000,POST,/a?x={index},one,\"{\"\"a\"\":1}\"\n\
                1600,,,,\n\
                1300,GET,https://other.example/b#part,,\n";
    let flags = ["-H", "X-Row: flags", "-H", "X-Flag: 1", "--data-raw", "given", "-X", "PUT"];
    let (document, seen) = replayed("rows.csv", text, &flags);
    assert_eq!(lines(&seen), ["POST /a?x={index}", "GET /b", "PUT /"]);
    assert_came_at(&seen, &[0, 300, 600]);
    let rows: Vec<_> = seen.iter().map(|seen| seen.header("x-row")).collect();
    assert_eq!(rows, [["one"], ["flags"], ["flags"]]);
    assert!(
        seen.iter().all(|seen| seen.header("x-flag") == ["1"] && seen.header("host")[0].starts_with("127."))
    );
    let bodies: Vec<_> = seen.iter().map(|seen| seen.body.as_slice()).collect();
    assert_eq!(bodies, [&b"{\"a\":1}"[..], b"given", b"given"]);
    let plan = &document["plan"];
    assert_eq!(
        (&plan["arrivals"], &plan["speed"], &plan["warmup_s"]),
        (&"replay".into(), &1.0.into(), &0.0.into())
    );
    // Three arrivals, 0.3 s apart.
    assert_eq!((&plan["duration_s"], &plan["phases"][0]["name"]), (&0.9.into(), &"replay".into()));
    assert_eq!(plan["rate_per_s"].as_f64().map(|rate| (rate * 1e6).round()), Some(3_333_333.0));
}

#[test]
fn json_lines_are_replayed_at_a_speed() {
    let text = "{\"t_s\": 1700000000.25, \"method\": \"DELETE\", \"path\": \"/1\", \"headers\": {\"X-A\": [\"1\", \"2\"]}}\n\n\
                {\"t_s\": 1700000001.25, \"url\": \"/2\", \"body\": \"b\"}\n\
                {\"t_s\": 1700000002.05, \"url\": \"/3\"}\n";
    let (document, seen) = replayed("rows.ndjson", text, &["--speed", "2x"]);
    assert_eq!(lines(&seen), ["DELETE /1", "GET /2", "GET /3"]);
    assert_came_at(&seen, &[0, 500, 900]);
    assert_eq!((seen[0].header("x-a"), seen[1].body.as_slice()), (vec!["1", "2"], &b"b"[..]));
    assert_eq!(document["plan"]["speed"], 2.0);
    let (_, slow) = replayed("rows.ndjson", "{\"t_ms\":0}\n{\"t_ms\":200}\n", &["--speed", "0.5x"]);
    assert_came_at(&slow, &[0, 400]);
}

#[test]
fn access_logs_are_put_in_order_and_their_seconds_spread() {
    let line = |second: u32, request: &str| {
        format!(
            "10.0.0.7 - - [10/Oct/2000:13:55:{second:02} -0700] \"{request}\" 200 5 \"http://r.example/\" \"agent\"\n"
        )
    };
    let text = [
        line(36, "GET /a HTTP/1.1"),
        line(37, "POST /d HTTP/1.1"),
        line(36, "GET /b HTTP/1.1"),
        line(36, r"\x16\x03\x01"),
        line(36, "GET /c?q=%41 HTTP/1.1"),
    ]
    .concat();
    let (document, seen) = replayed("access.log", &text, &[]);
    assert_eq!(lines(&seen), ["GET /a", "GET /b", "GET /c?q=%41", "POST /d"]);
    assert_came_at(&seen, &[0, 333, 667, 1000]);
    assert_eq!(ledger(&document, "planned"), 4);
    assert_eq!(seen[3].header("content-length"), ["0"]);
    let text = "{\"ts\":5.5,\"request\":{\"method\":\"GET\",\"uri\":\"/x\"},\"status\":200}\n\
                {\"ts\":5.75,\"request\":{\"method\":\"HEAD\",\"uri\":\"/y\"}}\n";
    let (_, seen) = replayed("caddy.json", text, &["--arrivals-format", "json-log"]);
    assert_eq!(lines(&seen), ["GET /x", "HEAD /y"]);
    let (witness, folder) = (Witness::start(GOOD), tempfile::tempdir().unwrap());
    let log = file(&folder, "access.log", [line(36, "-"), line(36, "GET / HTTP/1.1")].concat());
    let ended = run(&[witness.url().as_str(), "--arrivals-file", &log, "--baseline", "0"]);
    assert!(
        ended.stderr.contains("1 of 2 lines holds no request") && ended.stderr.contains("line 1"),
        "{ended:?}"
    );
}

#[test]
fn what_cannot_be_replayed_names_the_line_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (text, part) in [
        ("t_s,path\n1,/a\n2,PLANTED\n", "line 3: the path is neither"),
        ("t_s,path\n1,/a\nPLANTED,/b\n", "line 3: the time cannot be read"),
        ("t_s,path\n50,/a\n39,/PLANTED\n", "line 3: the time is 11.000 s before"),
        ("t_s,path\n", "there is no arrival in it"),
        ("PLANTED\n", "line 1: "),
        ("{\"t_s\":1}\n{\"PLANTED\"\n", "line 2: the line is not a JSON object"),
    ] {
        let recording = file(&folder, "rows", text);
        let ended = run(&["http://127.0.0.1:9/", "--arrivals-file", &recording]);
        assert!(ended.code == 2 && ended.stderr.contains(part), "{text}: {ended:?}");
        assert!(!ended.stderr.contains("PLANTED"), "{ended:?}");
    }
}

#[test]
fn what_a_recording_has_is_not_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let recording = file(&folder, "rows.csv", "t_s\n1\n");
    let with = ["http://127.0.0.1:9/", "--arrivals-file", &recording];
    for (flags, part) in [
        (&["--rate", "5"][..], "--arrivals-file and --rate cannot be used together"),
        (&["--profile", "5@1s"], "--profile"),
        (&["--duration", "5s"], "--duration"),
        (&["-n", "5"], "--requests"),
        (&["--arrivals", "poisson"], "--arrivals poisson"),
        (&["--scenario", "x.toml"], "--scenario"),
        (&["--targets", "x.http"], "--targets"),
        (&["--data", "x.csv"], "--data"),
        (&["--profile-steps"], "--profile-steps"),
        (&["--speed", "0"], "out of range"),
        (&["--speed", "fast"], "write 2x"),
        (&["--arrivals-format", "har"], "json-log"),
    ] {
        let ended = run(&[&with[..], flags].concat());
        assert!(ended.code == 2 && ended.stderr.contains(part), "{flags:?}: {ended:?}");
    }
    for (flags, part) in [
        (&["--rate", "5", "--speed", "2x"][..], "--speed is about recorded arrivals"),
        (&["--arrivals-file", "none.csv"], "cannot read the arrivals file"),
        (&["--arrivals-file", "/dev/null"], "no pipe"),
    ] {
        let ended = run(&[&["http://127.0.0.1:9/"], flags].concat());
        assert!(ended.code == 2 && ended.stderr.contains(part), "{flags:?}: {ended:?}");
    }
    // What was typed beats the environment.
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let mut typed = program();
    typed.env("RPSBENCH_ARRIVALS_FILE", &recording).arg(server.url());
    typed.args([
        "--rate",
        "10",
        "--duration",
        "1s",
        "--warmup",
        "0",
        "--baseline",
        "0",
        "--format",
        "json",
        "-q",
    ]);
    let document: Value = serde_json::from_slice(&typed.output().unwrap().stdout).expect("a result");
    assert_eq!(ledger(&document, "planned"), 10);
}

#[test]
fn two_shards_with_workers_of_their_own_send_each_row_once() {
    let (witness, folder) = (Witness::start(GOOD), tempfile::tempdir().unwrap());
    let rows: String = (0..400).map(|row| format!("{},/{row}\n", row / 2 * 10)).collect();
    let recording = file(&folder, "rows.csv", format!("t_ms,path\n{rows}"));
    let output = folder.path().join("result.{shard}.json").display().to_string();
    let url = witness.url();
    let shards: Vec<Running> = ["0/2", "1/2"]
        .into_iter()
        .map(|shard| {
            let own =
                [&url, "--arrivals-file", &recording, "--shard", shard, "-o", &output, "--threads", "2"];
            Running::start(program().args(own).args(["--start-at", "+3s", "-q", "--baseline", "0"]))
        })
        .collect();
    for ended in shards.into_iter().map(Running::end) {
        // 3: a busy machine was late, which is another test's subject.
        assert!([0, 3].contains(&ended.code), "{ended:?}");
    }
    let seen = witness.seen();
    let mut paths: Vec<u64> =
        seen.iter().filter_map(|seen| seen.line().split(['/', ' ']).nth(2)?.parse().ok()).collect();
    paths.sort_unstable();
    assert!(paths.iter().copied().eq(0..400), "{paths:?}");
    let results = folder.path().join("result.0.json").display().to_string();
    let other = folder.path().join("result.1.json").display().to_string();
    let ended = run(&["merge", &results, &other, "--format", "json"]);
    let merged: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    assert_ledger_adds_up(&merged);
    assert_eq!((ledger(&merged, "planned"), ledger(&merged, "ok")), (400, 400));
}

#[test]
fn a_file_that_is_cut_short_while_it_is_replayed_costs_its_rows_and_says_so() {
    let (witness, folder) = (Witness::start(GOOD), tempfile::tempdir().unwrap());
    // 200/s for 3 s, of which at most a part is read ahead: bodies are large.
    let body = "x".repeat(40_000);
    let rows: String = (0..600).map(|row| format!("{},/{row},{body}\n", row * 5)).collect();
    let recording = file(&folder, "rows.csv", format!("t_ms,path,body\n{rows}"));
    let mut command = program();
    command.args([&witness.url(), "--arrivals-file", &recording, "--baseline", "0", "--format", "json"]);
    let running = Running::start(command.args(["-q", "--no-abort"]));
    // It has been checked when the first request comes.
    let began = SystemTime::now();
    while witness.seen().is_empty() && began.elapsed().is_ok_and(|waited| waited < Duration::from_secs(60)) {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    std::fs::File::options().write(true).open(&recording).unwrap().set_len(12_000_000).unwrap();
    let ended = running.end();
    assert!(ended.stderr.contains("the replay is not complete"), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).expect("a result");
    assert_ledger_adds_up(&document);
    assert_eq!((ended.code, ledger(&document, "planned")), (3, 600), "{}", document["ledger"]);
    assert!(ledger(&document, "missed") >= 300, "{}", document["ledger"]);
    assert_eq!(document["verdict"]["generator"], "invalid");
}

#[test]
fn the_check_and_the_baseline_ask_what_the_recording_asks_and_no_result_holds_its_secrets() {
    let echo = |mut stream: std::net::TcpStream| {
        use std::io::Write;
        while let Some(head) = crate::support::servers::read_request(&mut stream) {
            let answer = format!(
                "HTTP/1.1 500 No\r\nx-seen: {}\r\ncontent-length: {}\r\n\r\n{head}",
                head.lines().next().unwrap_or(""),
                head.len()
            );
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    };
    let (server, folder) = (Server::start(echo), tempfile::tempdir().unwrap());
    let text = "t_ms,path,header:X-Key\n0,/a?q=plantedQuery,plantedKey\n100,/a?q=plantedOther,plantedThird\n";
    let recording = file(&folder, "rows.csv", text);
    let (_, document) =
        run_json(&[&server.url(), "--arrivals-file", &recording, "--baseline", "0", "--samples", "9"]);
    let shown = document.to_string();
    assert!(document["samples"].as_array().is_some_and(|samples| samples.len() == 2), "{shown}");
    assert!(shown.contains("x-seen") && !shown.to_lowercase().contains("planted"), "{shown}");
    let witness = Witness::start(GOOD);
    let (_, checked) =
        run_json(&[&witness.url(), "--arrivals-file", &recording, "--baseline", "3", "--check"]);
    assert_eq!((ledger(&checked, "ok"), witness.seen().len()), (2, 2 + 1 + 3));
    assert!(witness.seen().iter().all(|seen| seen.line().starts_with("GET /a?q=planted")));
}
