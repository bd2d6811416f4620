//! Bodies of requests: compressed, and one for each row of the data.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;

use crate::support::program::{end_of, file, ledger, program, run, run_json};
use crate::support::servers::{GOOD, Seen, Witness};

const LOAD: [&str; 8] = ["--rate", "500", "-n", "40", "--warmup", "0", "--baseline", "0"];
const CODINGS: [&str; 2] = ["gzip", "zstd"];

/// What the body of a request was before it was compressed.
fn decoded(seen: &Seen) -> Vec<u8> {
    let mut plain = Vec::new();
    match seen.header("content-encoding")[..] {
        ["gzip"] => drop(GzDecoder::new(&seen.body[..]).read_to_end(&mut plain).expect("gzip")),
        ["zstd"] => plain = zstd::decode_all(&seen.body[..]).expect("zstd"),
        ref other => panic!("{other:?}: {}", seen.head),
    }
    plain
}

/// What was received by a target of its own.
fn sent(arguments: &[&str]) -> Vec<Seen> {
    let witness = Witness::start(GOOD);
    let (ended, document) = run_json(&[&[witness.url().as_str()], &LOAD[..], arguments].concat());
    assert!(ended.is_measured() && ledger(&document, "ok") == 40, "{ended:?}");
    let seen = witness.seen();
    assert_eq!(seen.len(), 40);
    seen
}

#[test]
fn a_body_is_sent_compressed_and_holds_what_was_given() {
    let text = "{\"name\": \"value\"} ".repeat(300);
    for coding in CODINGS {
        let fixed = sent(&["-d", &text, "--compress-body", coding]);
        for seen in &fixed {
            assert_eq!(seen.header("content-encoding"), [coding]);
            assert_eq!(seen.header("content-length"), [seen.body.len().to_string()]);
            assert!(seen.body.len() < text.len() / 10 && seen.body == fixed[0].body);
            assert_eq!(decoded(seen), text.as_bytes());
        }
    }
}

#[test]
fn a_body_that_is_made_for_each_request_is_compressed_for_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = file(&folder, "data.csv", "id,name\n1,Ann\n2,Bob\n");
    for coding in CODINGS {
        let seen = sent(&[
            "--data",
            &data,
            "-d",
            "{\"of\": \"{name}\", \"nr\": {index}}",
            "--compress-body",
            coding,
        ]);
        let mut bodies: Vec<String> =
            seen.iter().map(|seen| String::from_utf8(decoded(seen)).expect("text")).collect();
        let name = |place: usize| if place.is_multiple_of(2) { "Ann" } else { "Bob" };
        let mut expected: Vec<String> =
            (0..40).map(|place| format!("{{\"of\": \"{}\", \"nr\": {place}}}", name(place))).collect();
        bodies.sort();
        expected.sort();
        assert_eq!(bodies, expected);
    }
}

#[test]
fn forms_and_scenarios_are_compressed_too_and_what_has_no_body_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let form = sent(&["-F", "who=Ann", "--compress-body", "gzip"]);
    assert!(String::from_utf8(decoded(&form[0])).expect("text").contains("name=\"who\"\r\n\r\nAnn\r\n"));
    let scenario = file(
        &folder,
        "mix.toml",
        "[[endpoint]]\nname = 'read'\npath = '/r'\n[[endpoint]]\nname = 'write'\npath = '/w'\nbody = 'hello'\n",
    );
    for seen in sent(&["--scenario", &scenario, "--compress-body", "zstd"]) {
        match seen.line().starts_with("GET") {
            true => assert_eq!((seen.header("content-encoding").len(), seen.body.len()), (0, 0)),
            false => assert_eq!(decoded(&seen), b"hello"),
        }
    }
}

#[test]
fn a_coding_of_the_users_own_and_nothing_to_compress_are_refused() {
    let refused = |more: &[&str]| {
        let ended = run(&[&["http://127.0.0.1:9/", "--rate", "5", "--compress-body", "gzip"], more].concat());
        assert_eq!(ended.code, 2, "{ended:?}");
        ended.stderr
    };
    assert!(refused(&["-d", "x", "-H", "Content-Encoding: br"]).contains("leave out one of them"));
    assert!(refused(&["-d", "x", "-H", "Content-Length: 1"]).contains("leave it out"));
    assert!(refused(&[]).contains("no request has a body"));
    let ended = run(&["http://127.0.0.1:9/", "--rate", "5", "-d", "x", "--compress-body", "br"]);
    assert!(ended.code == 2 && ended.stderr.contains("gzip, zstd"), "{ended:?}");
}

#[test]
fn rows_of_a_recording_are_compressed_unless_they_say_how_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = "t_ms,path,header:Content-Encoding,body\n0,/a,,hello\n5,/b,br,brotli\n10,/c,,\n";
    let recording = file(&folder, "rows.csv", rows);
    let witness = Witness::start(GOOD);
    let arguments = [
        &witness.url(),
        "--arrivals-file",
        &recording,
        "-d",
        "given",
        "--compress-body",
        "gzip",
        "--baseline",
        "0",
    ];
    let (ended, document) = run_json(&arguments);
    assert!(ended.is_measured() && ledger(&document, "ok") == 3, "{ended:?}");
    assert_eq!(document["plan"]["body_coding"], "gzip");
    for seen in witness.seen() {
        match seen.line().split(' ').nth(1) {
            Some("/a") => assert_eq!(decoded(&seen), b"hello"),
            Some("/b") => {
                assert_eq!((seen.header("content-encoding"), &seen.body[..]), (vec!["br"], &b"brotli"[..]))
            }
            _ => assert_eq!(decoded(&seen), b"given"),
        }
    }
}

#[test]
fn what_debug_shows_can_be_read() {
    let witness = Witness::start(GOOD);
    let ended = end_of(program().args([
        &witness.url(),
        "-d",
        &"abc ".repeat(50),
        "--compress-body",
        "zstd",
        "--debug",
    ]));
    assert!(
        ended.stdout.contains("abc abc abc") && ended.stdout.contains("compressed from these 200"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("content-encoding: zstd"), "{ended:?}");
}

#[test]
fn each_row_sends_its_own_file_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let odd: Vec<u8> = (0..=255).chain(*b"{id} {{").collect();
    let data = file(&folder, "users.csv", "id,file\n7,a.bin\n8,b.bin\n9,a.bin\n");
    file(&folder, "a.bin", &odd);
    file(&folder, "b.bin", "");
    let name = format!("{}/{{file}}", folder.path().display());
    let url_of = |witness: &Witness| format!("{}{{id}}", witness.url());
    for coding in [None, Some("gzip")] {
        let witness = Witness::start(GOOD);
        let url = url_of(&witness);
        let arguments = [&[url.as_str()], &LOAD[..], &["--data", &data, "--body-file", &name]].concat();
        let compressed = coding.map_or_else(Vec::new, |coding| vec!["--compress-body", coding]);
        let (ended, document) = run_json(&[arguments, compressed].concat());
        assert!(ended.is_measured() && ledger(&document, "ok") == 40, "{ended:?}");
        for seen in witness.seen() {
            let is_empty = seen.line().starts_with("POST /8 ");
            assert!(is_empty || seen.line().starts_with("POST /7 ") || seen.line().starts_with("POST /9 "));
            match (is_empty, coding) {
                (true, _) => assert_eq!((seen.body.len(), seen.header("content-length")), (0, vec!["0"])),
                (false, None) => assert_eq!(seen.body, odd),
                (false, Some(_)) => assert_eq!(decoded(&seen), odd),
            }
        }
    }
    // As a template the braces stand for cells.
    file(&folder, "a.bin", "of {id} {uuid}");
    let witness = Witness::start(GOOD);
    let url = url_of(&witness);
    let more = ["--data", &data, "--body-file", &name, "--template"];
    let (ended, _) = run_json(&[&[url.as_str()], &LOAD[..], &more].concat());
    assert!(ended.is_measured(), "{ended:?}");
    for seen in witness.seen().iter().filter(|seen| !seen.line().starts_with("POST /8 ")) {
        let id = seen.line().as_bytes()[6];
        assert!(
            seen.body.starts_with(&[b"of ".as_slice(), &[id, b' ']].concat()) && seen.body.len() == 5 + 36
        );
    }
}

#[test]
fn a_row_without_its_file_is_named_and_no_body_of_a_row_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = file(&folder, "users.csv", "id,file\n7,a.json\n\n8,gone.json\n");
    file(&folder, "a.json", "{\"pin\": \"PLANTED-4711\"}");
    let name = format!("{}/{{file}}", folder.path().display());
    let refused = |name: &str, more: &[&str]| {
        let arguments = [&["http://127.0.0.1:9/", "--rate", "5", "--data", &data, "--body-file", name], more];
        let ended = run(&arguments.concat());
        assert_eq!(ended.code, 2, "{ended:?}");
        ended.stderr
    };
    let gone = refused(&name, &[]);
    assert!(gone.contains("users.csv, line 4 (row 2)") && gone.contains("gone.json"), "{gone}");
    assert!(refused("{nobody}", &[]).contains("which has {id}, {file}"));
    assert!(refused("{uuid}", &[]).contains("name a column"));
    file(&folder, "gone.json", "{nobody}");
    let unknown = refused(&name, &["--template"]);
    assert!(unknown.contains("gone.json") && unknown.contains("{nobody}"), "{unknown}");

    // The answer repeats what the row's file holds.
    let witness = Witness::start(b"HTTP/1.1 500 x\r\ncontent-length: 16\r\n\r\nfor PLANTED-4711");
    file(&folder, "gone.json", "{\"pin\": \"PLANTED-4711\"}");
    let url = witness.url();
    let (_, document) =
        run_json(&[&[url.as_str()], &LOAD[..], &["--data", &data, "--body-file", &name]].concat());
    assert!(!document.to_string().contains("4711"), "{}", document["samples"]);
    assert!(document["samples"][0]["body"].as_str().expect("a body").starts_with("for "));
}

/// What tools of others make of it.
#[test]
#[ignore = "needs zstd: run `bash tests/run.sh`"]
fn gzip_and_zstd_themselves_read_what_is_sent() {
    let text = "a line of text\n".repeat(2_000);
    for coding in CODINGS {
        let seen = sent(&["-d", &text, "--compress-body", coding]);
        let mut tool = Command::new(coding);
        tool.args(["-d", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = tool.spawn().expect("the tool is installed");
        let mut stdin = child.stdin.take().expect("a pipe");
        let body = seen[0].body.clone();
        let writer = std::thread::spawn(move || stdin.write_all(&body));
        let ended = child.wait_with_output().expect("it ends");
        writer.join().expect("a thread").expect("written");
        assert!(ended.status.success() && ended.stdout == text.as_bytes(), "{coding}");
    }
}
