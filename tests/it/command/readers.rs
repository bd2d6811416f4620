//! What the program writes, in the hands of those who will read it: readers that nobody here wrote.
//!
//! They need xmllint, Node.js, Python, zstd and gunzip, and what `tests/readers.sh` fetches; `bash tests/run.sh` installs all
//! of it. Chromium and axe read the page in `tests/it/browser`, Prometheus reads the metrics in `metrics`.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::program::{Ended, end_of, file, ledger, run};
use crate::support::readers::path_of;
use crate::support::servers::{GOOD, Server, answer_always};

const SERVICE: [&str; 6] = ["--workers", "4", "--service-time", "5ms", "--baseline", "0"];

fn path_in(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn document(path: &str) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether Jenkins' schema allows a file.
fn validate(path: &str) -> Ended {
    end_of(Command::new("xmllint").args(["--noout", "--schema"]).arg(path_of("junit-10.xsd")).arg(path))
}

/// Counts what Python's csv module reads, which is told to be strict: columns, rows, and the sum of each column of numbers.
const CSV: &str = "
import csv, json, sys
sys.stdin.reconfigure(newline='', encoding='utf-8', errors='strict')
rows = list(csv.reader(sys.stdin, strict=True))
head, rows = rows[0], rows[1:]
assert len(set(head)) == len(head) and all(head), head
assert all(len(row) == len(head) for row in rows), rows
def total(at):
    try:
        return sum(float(row[at] or 0) for row in rows)
    except ValueError:
        return None
def values(at):
    return sorted({row[at] for row in rows})[:20]
print(json.dumps({'rows': len(rows), 'sums': {name: total(at) for at, name in enumerate(head)},
                  'values': {name: values(at) for at, name in enumerate(head)}}))
";

/// What Python reads of a CSV file that a command unpacks.
fn as_python_reads(unpack: &[&str], path: &str) -> Value {
    let mut unpacking = Command::new(unpack[0])
        .args(&unpack[1..])
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts; run.sh installs it");
    let text = unpacking.stdout.take().expect("piped");
    let ended = end_of(Command::new("python3").args(["-c", CSV]).stdin(text));
    let unpacked = unpacking.wait().expect("it ends");
    assert!(unpacked.success() && ended.code == 0, "{unpack:?} {path}: {unpacked} {ended:?}");
    serde_json::from_str(&ended.stdout).expect("JSON")
}

#[test]
#[ignore = "needs xmllint and the schema: run `bash tests/run.sh`"]
fn the_schema_of_jenkins_allows_the_tests_of_every_document() {
    let folder = tempfile::tempdir().unwrap();
    let run_json = path_in(&folder, "run.json");
    let awkward = "a \"quoted\" <name> & \u{1}\u{ffff}";
    let kinds: [(&str, &[&str]); 6] = [
        (
            "run",
            &["--rate", "100", "--duration", "1s", "--slo", "p50<1us", "--slo", "p99<10s", "--name", awkward],
        ),
        ("failing", &["--rate", "100", "--duration", "1s", "--expect-status", "404", "--no-check"]),
        ("runs", &["--rate", "100", "--duration", "1s", "--repeat", "2", "--slo", "p99<10s"]),
        ("closed", &["closed", "--stages", "1x50,2x50"]),
        ("sweep", &["sweep", "--rates", "50,100", "--step-duration", "1s"]),
        (
            "search",
            &[
                "sweep",
                "--find-knee",
                "--slo",
                "p99<1s",
                "--min-rate",
                "100",
                "--step-duration",
                "1s",
                "--drain",
                "1s",
                "--budget",
                "14s",
            ],
        ),
    ];
    let mut files = Vec::new();
    for (name, arguments) in kinds {
        let (xml, json) =
            (path_in(&folder, &format!("{name}.xml")), path_in(&folder, &format!("{name}.json")));
        let ended = run(&[arguments, &SERVICE, &["-q", "-o", &xml, "-o", &json]].concat());
        assert!(Path::new(&xml).exists(), "{name}: {ended:?}");
        files.push(xml);
    }
    let compared = path_in(&folder, "compared.xml");
    let ended = run(&["compare", &run_json, &run_json, "--fail-if", "p99>+1000%", "-o", &compared]);
    assert!(Path::new(&compared).exists(), "{ended:?}");
    files.push(compared);
    for path in &files {
        let ended = validate(path);
        assert_eq!(ended.code, 0, "{ended:?}\n{}", std::fs::read_to_string(path).unwrap());
    }
    // It refuses what it should.
    let text = std::fs::read_to_string(&files[0]).unwrap();
    for (good, bad) in
        [("<testcase ", "<testcase speed=\"1\" "), ("time=\"", "time=\"x"), ("</testsuite>", "")]
    {
        let broken = file(&folder, "broken.xml", text.replace(good, bad));
        assert_ne!(validate(&broken).code, 0, "{bad}");
    }
}

/// Writes the percentile text of a histogram as HdrHistogram has it, in milliseconds with five ticks for each halving.
const HGRM: &str = "
const hdr = require('hdr-histogram-js/dist/hdrhistogram.umd.js');
const result = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'));
const all = hdr.decodeFromCompressedBase64(result.histograms.response);
console.log(JSON.stringify({count: all.totalCount, p50: all.getValueAtPercentile(50) / 1e6, p99: all.getValueAtPercentile(99) / 1e6,
                            max: all.maxValue / 1e6, text: all.outputPercentileDistribution(5, 1e6)}));
";

/// The rows of a percentile text: four numbers.
fn drawn(text: &str) -> Vec<Vec<f64>> {
    let numbers =
        |line: &str| line.split_whitespace().map(|field| field.parse().ok()).collect::<Option<Vec<f64>>>();
    text.lines().filter_map(numbers).filter(|row| row.len() == 4).collect()
}

#[test]
#[ignore = "needs node and HdrHistogram in JavaScript: run `bash tests/run.sh`"]
fn another_hdrhistogram_reads_the_result_and_writes_the_same_percentiles() {
    let folder = tempfile::tempdir().unwrap();
    let (json, hgrm) = (path_in(&folder, "run.json"), path_in(&folder, "run.hgrm"));
    let load = ["--rate", "300", "--duration", "2s", "--warmup", "0", "-q", "-o", &json, "-o", &hgrm];
    let ended = run(&[&load[..], &SERVICE].concat());
    assert!(ended.is_measured(), "{ended:?}");
    let mut node = Command::new("node");
    let ended = end_of(node.args(["-e", HGRM, &json]).env("NODE_PATH", path_of("node_modules")));
    let read: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    let document = document(&json);
    let response = &document["latency"]["response"];
    assert_eq!((read["count"].as_u64(), ledger(&document, "ok")), (Some(600), 600), "{read}");
    for (theirs, ours) in [("p50", "p50_ms"), ("p99", "p99_ms"), ("max", "max_ms")] {
        let (theirs, ours) = (read[theirs].as_f64().unwrap(), response[ours].as_f64().unwrap());
        assert!((theirs - ours).abs() <= 0.002 * ours, "{theirs} and {ours}");
    }
    // They also name percentiles with fewer than 5 of the 600 arrivals above them.
    let theirs: Vec<_> =
        drawn(read["text"].as_str().unwrap()).into_iter().filter(|row| row[3] <= 600.0 / 5.0).collect();
    let ours = drawn(&std::fs::read_to_string(&hgrm).unwrap());
    assert!(ours.len() > 20, "{ours:?}");
    assert_eq!(ours, theirs);
}

#[test]
#[ignore = "needs python3, zstd and gunzip: run `bash tests/run.sh`"]
fn python_reads_every_table_and_the_logs_that_others_unpack() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().unwrap();
    let targets = format!(
        "GET {url}a,b;c\n\nGET {url}'d'?e=\"f\"\n",
        url = format_args!("{}/", server.url().trim_end_matches('/'))
    );
    let targets = file(&folder, "targets.txt", targets.replace('"', "%22"));
    let load = [
        "--targets",
        &targets,
        "--rate",
        "200",
        "--duration",
        "2s",
        "--warmup",
        "200ms",
        "--baseline",
        "0",
        "-q",
    ];
    let outputs = ["run.json", "run.csv", "run.series.csv"].map(|name| path_in(&folder, name));
    for (log, unpack) in [
        ("log.csv", vec!["cat"]),
        ("log.csv.gz", vec!["gunzip", "-c"]),
        ("log.csv.zst", vec!["zstd", "-dcq"]),
    ] {
        let log = path_in(&folder, log);
        let mut more = vec!["--log", &log];
        more.extend(outputs.iter().flat_map(|output| ["-o", output.as_str()]));
        let ended = run(&[&load[..], &more].concat());
        assert!(ended.is_measured(), "{ended:?}");
        let document = document(&outputs[0]);
        let read = as_python_reads(&unpack, &log);
        assert_eq!(read["rows"], 420, "400 of the measurement, 20 of a warm-up that rises: {read}");
        assert!(read["values"]["outcome"].as_array().unwrap().contains(&"ok".into()), "{read}");
        let names: Vec<_> = document["endpoints"]
            .as_array()
            .unwrap()
            .iter()
            .map(|endpoint| endpoint["name"].clone())
            .collect();
        let read_names = read["values"]["endpoint"].as_array().unwrap();
        assert!(names.len() == 2 && names.iter().all(|name| read_names.contains(name)), "{names:?}: {read}");
        assert!(
            names.iter().any(|name| name.to_string().contains(',')),
            "one that has to be quoted: {names:?}"
        );
    }
    let document = document(&outputs[0]);
    let table = as_python_reads(&["cat"], &outputs[1]);
    // The whole run and its two endpoints.
    assert_eq!(
        (table["rows"].as_u64(), table["sums"]["ok"].as_f64()),
        (Some(3), Some(2.0 * ledger(&document, "ok") as f64)),
        "{table}"
    );
    let series = as_python_reads(&["cat"], &outputs[2]);
    let rows = document["series"].as_array().unwrap();
    assert_eq!(series["rows"].as_u64(), Some(rows.len() as u64));
    for column in ["offered", "sent", "ok", "in_flight"] {
        let sum: f64 = rows.iter().map(|row| row[column].as_f64().unwrap()).sum();
        assert_eq!(series["sums"][column].as_f64(), Some(sum), "{column}");
    }
}

/// Reads a dashboard into Grafana's types and writes it again; prints what did not come back as it was, and the queries.
const DASHBOARD: &str = "
import json, sys
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.cog import encoder, plugins
plugins.register_default_plugins()
raw = json.load(open(sys.argv[1]))
board = dashboard.Dashboard.from_json(raw)
back = json.loads(encoder.JSONEncoder().encode(board))
lost = []
def differ(one, other, path):
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one:
            differ(one[name], other.get(name), path + '/' + name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for at in range(len(one)):
            differ(one[at], other[at], path + '/' + str(at))
    elif one != other:
        lost.append(path)
differ(raw, back, '')
queries = [[type(target).__name__, target.expr] for panel in board.panels for target in panel.targets]
print(json.dumps({'lost': lost, 'queries': queries}))
";

#[test]
#[ignore = "needs Grafana's types: run `bash tests/run.sh`"]
fn grafana_s_own_types_read_the_dashboard_whole() {
    let folder = tempfile::tempdir().unwrap();
    let read = |path: &str| -> Value {
        let mut python = Command::new("python3");
        let ended = end_of(python.args(["-c", DASHBOARD, path]).env("PYTHONPATH", path_of("python")));
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"))
    };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/grafana.json");
    let dashboard = read(path);
    assert_eq!(dashboard["lost"], serde_json::json!([]));
    let queries = dashboard["queries"].as_array().unwrap();
    assert!(queries.len() >= 6, "{queries:?}");
    for query in queries {
        assert_eq!(query[0], "Dataquery", "one for Prometheus");
        assert!(query[1].as_str().unwrap().contains("rpsbench_"), "{query}");
    }
    // A name that Grafana does not know gets lost.
    let text = std::fs::read_to_string(path).unwrap();
    let broken = file(&folder, "grafana.json", text.replacen("\"gridPos\"", "\"gridPlace\"", 1));
    let lost = read(&broken)["lost"].clone();
    assert!(lost[0].as_str().is_some_and(|path| path.contains("gridPlace")), "{lost}");
}
