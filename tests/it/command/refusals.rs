//! Lines that the program refuses: each mistake is named with its remedy, before anything is sent or written.

use std::fmt::Write;
use std::fs;
use std::sync::atomic::Ordering;

use crate::support::program::{NO_CHECK, assert_reads_as_saved, end_of, shell};
use crate::support::servers::{GOOD, Server, answer_always};

/// As typed into a shell. `$URL` is a server that would answer; `wrk.txt` is a result of wrk, `folder.json` a folder.
const LINES: &str = r#"
# The wrong command
rpsbench --rate 10 run
rpsbench run --no-such-flag

# Rates
rpsbench $URL
rpsbench $URL --rate 0
rpsbench $URL --rate -5
rpsbench $URL --rate NaN
rpsbench $URL --rate 1e30
rpsbench $URL --rate 300/
rpsbench $URL --rate ''
rpsbench $URL --rate 300/fortnight
rpsbench $URL --rate 999999999999

# Durations and numbers of requests
rpsbench $URL --rate 10 --duration -1s
rpsbench $URL --rate 10 --duration abc
rpsbench $URL --rate 10 --duration '10 bananas'
rpsbench $URL --rate 10 --duration ''
rpsbench $URL --rate 10 --duration 0
rpsbench $URL --rate 0.1 --duration 1s
rpsbench $URL --rate 10 --duration 9999999h
rpsbench $URL --rate 10 --timeout 0
rpsbench $URL --rate 10 --timeout 25h
rpsbench $URL --rate 10 --timeout 500
rpsbench $URL --rate 10 -n 5 --duration 1s
rpsbench $URL --rate 10 -n 0

# What this machine can do
rpsbench $URL --rate 10 --timestamps kernel --unix-socket /no/such.sock
rpsbench $URL --rate 10 --timestamps best
rpsbench $URL --rate 10 --spin --lead 10us

# URLs
rpsbench ftp://127.0.0.1/ --rate 10
rpsbench http://127.0.0.1:99999/ --rate 10
rpsbench http://127.0.0.1:http/ --rate 10
rpsbench http:// --rate 10
rpsbench http://::1/ --rate 10
rpsbench localhost/path --rate 10
rpsbench $URL --url http://127.0.0.1:1/ --rate 10

# Requests
rpsbench $URL --rate 10 -H 'no colon here'
rpsbench $URL --rate 10 -m 'GE T'
rpsbench $URL --rate 10 -d @body.json
rpsbench $URL --rate 10 -d a --body-file b
rpsbench $URL --rate 10 --body-file missing
rpsbench $URL --rate 10 --tokens - --data -
rpsbench $URL --rate 10 --tokens a --token-command b
rpsbench $URL --rate 10 --token-every 10m
rpsbench $URL --rate 10 --token-command b --token-every 10ms
rpsbench $URL --rate 10 --token-command 'echo hunter2; exit 3'
rpsbench $URL --rate 10 --aws-sigv4 s3
rpsbench $URL --rate 10 --aws-sigv4 goog:goog4:auto:storage

# Proxies
rpsbench $URL --rate 10 -x https://127.0.0.1:3128
rpsbench $URL --rate 10 -x socks4://127.0.0.1:1080
rpsbench $URL --rate 10 -x 127.0.0.1:3128/path
rpsbench $URL --rate 10 -x 127.0.0.1:0
rpsbench $URL --rate 10 -x socks5://:hunter2@127.0.0.1
rpsbench $URL --rate 10 -x http://user%3A:hunter2@127.0.0.1
rpsbench $URL --rate 10 -x 127.0.0.1:3128 --unix-socket /no/such.sock

# Other places to connect to
rpsbench $URL --rate 10 --connect-to a:1:b
rpsbench $URL --rate 10 --connect-to a:1:b:http

# Secrets are not repeated
rpsbench http://user:hunter2@127.0.0.1/ --rate 10
rpsbench $URL --rate 10 -H 'Authorization hunter2'
rpsbench $URL --rate 10 -H 'Auth orization: hunter2'
rpsbench $URL --rate 10 -H Authorization: Bearer hunter2

# Limits and the built-in service
rpsbench $URL --rate 10 --max-in-flight 0
rpsbench $URL --rate 10 --burst 0
rpsbench $URL --rate 10 --threads many
rpsbench $URL --rate 10 --overflow panic
rpsbench --rate 10 --freeze-at 1s
rpsbench --rate 10 --workers 0
rpsbench --rate 10 --sigma NaN

# Objectives
rpsbench $URL --rate 10 --slo p99
rpsbench $URL --rate 10 --slo 'p99<'
rpsbench $URL --rate 10 --slo 'p99<abc'
rpsbench $URL --rate 10 --slo 'p99<250'
rpsbench $URL --rate 10 --slo 'p200<1ms'
rpsbench $URL --rate 10 --slo 'latency<1ms'
rpsbench $URL --rate 10 --slo 'error_rate>1%'

# Outputs
rpsbench $URL --rate 10 -o result.pdf
rpsbench $URL --rate 10 -o folder.json
rpsbench $URL --rate 10 -o missing/result.json
rpsbench $URL --rate 10 -o wrk.txt/result.json
rpsbench $URL --rate 10 -o result.json -o result.json

# Formats that have no form for what is asked for
rpsbench $URL --rate 10 --repeat 2 --format hgrm
rpsbench closed $URL --stages 5x10,10x10 -o stages.hgrm
rpsbench sweep $URL --rates 50,60 --format hgrm
rpsbench compare wrk.txt wrk.txt -o compared.hgrm

# Closed loops
rpsbench closed $URL -c 0
rpsbench closed $URL -c 10000000
rpsbench closed $URL -c 5 -n 0
rpsbench closed $URL --stages '20*400'
rpsbench closed $URL --stages 20x400 -c 5
rpsbench closed $URL --stages 20x400 --ramp-start 5
rpsbench closed $URL --ramp-inc 5
rpsbench closed $URL -c 5 -n 5 --duration 5s
rpsbench closed $URL -c 5 --repeat 0

# Sweeps
rpsbench sweep $URL --order up
rpsbench sweep $URL --rates 400..50:50
rpsbench sweep $URL --rates 0,50
rpsbench sweep $URL --rates 50..50
rpsbench sweep $URL --rates 50 --repeats 0
rpsbench sweep $URL --rates 50 --step-duration 0
rpsbench sweep $URL --rates 50 --baseline-factor 1
rpsbench sweep $URL --shape spike --rates 50
rpsbench sweep $URL --find-knee
rpsbench sweep $URL --find-knee --slo 'p99<5ms' --rates 50,60
rpsbench sweep $URL --find-knee --slo 'p99<5ms' --budget 1s
rpsbench sweep $URL --find-knee --slo 'p99<5ms' --min-rate 50 --max-rate 50
rpsbench sweep $URL --find-knee --slo 'p99<5ms' --width 0.9
rpsbench sweep $URL --find-knee --slo 'p99<0ms'
rpsbench sweep $URL --find-knee --slo 'p99<5ms' --method votes

# Comparisons
rpsbench compare
rpsbench compare - -
rpsbench compare wrk.txt
rpsbench compare $URL
rpsbench compare -c 5 wrk.txt
rpsbench compare wrk.txt wrk.txt --fail-if 'p99<10ms'
rpsbench compare wrk.txt wrk.txt --fail-if p99
rpsbench compare wrk.txt wrk.txt -o result.pdf

# Reports of what is none
rpsbench report
rpsbench report missing.json
rpsbench report folder.json
rpsbench report wrk.txt
"#;

#[test]
fn every_refusal_reads_as_saved() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().expect("a folder");
    let wrk = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/import/wrk-latency.txt");
    fs::copy(wrk, folder.path().join("wrk.txt")).expect("a result of wrk");
    fs::create_dir(folder.path().join("folder.json")).expect("a folder");
    let mut table = String::new();
    for line in LINES.trim().lines() {
        if line.is_empty() || line.starts_with('#') {
            table += &format!("{line}\n");
            continue;
        }
        let ended =
            end_of(shell(line).env("URL", server.url()).env_remove(NO_CHECK).current_dir(folder.path()));
        assert!([1, 2].contains(&ended.code), "{line}: {ended:?}");
        assert!(ended.stdout.is_empty(), "{line}: {ended:?}");
        assert!(!ended.stderr.contains("hunter2"), "{line}: {ended:?}");
        // The port is another one each time.
        let stderr = ended.stderr.replace(&server.address.to_string(), "HOST:PORT");
        writeln!(table, "$ {line}\n{}exit code {}\n", stderr, ended.code).expect("memory");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0, "something was sent");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2, "something was written");
    assert_reads_as_saved("refusals", &table);
}
