//! What else a good answer holds: headers, size, patterns, JSON.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::program::{ledger, run, run_json};
use crate::support::servers::{Server, answer_always};

const LOAD: [&str; 8] = ["--rate", "50", "--duration", "1s", "--warmup", "0", "--baseline", "0"];
const BODY: &str = r#"{"state": "up", "items": [{"id": 7}]}"#;

fn answer(coding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nx-cache: HIT\r\n{coding}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[test]
fn an_answer_is_good_when_all_checks_pass_compressed_or_not() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(BODY.as_bytes()).expect("memory");
    let plain = answer("", BODY.as_bytes());
    let packed = answer("content-encoding: gzip\r\n", &gzip.finish().expect("memory"));
    for answer in [plain, packed] {
        let server = Server::start(move |stream| answer_always(stream, &answer));
        let good = |checks: &[&str]| {
            let (_, document) = run_json(&[&[server.url().as_str()], &LOAD[..], checks].concat());
            assert_eq!(ledger(&document, "sent"), 50);
            let unexpected = ledger(&document, "unexpected_body");
            assert_eq!(unexpected + ledger(&document, "ok"), 50, "{checks:?}: {}", document["ledger"]);
            unexpected == 0
        };
        let all = [
            "--expect-json",
            "/items/0/id == 7",
            "--expect-json",
            "/state == up",
            "--expect-header",
            "X-Cache: HIT",
        ];
        assert!(good(
            &[&all[..], &["--expect-regex", r#"^\{"state": "[a-z]+""#, "--expect-size", "10.."]].concat()
        ));
        for failing in [
            ["--expect-json", "/items/0/id == 8"],
            ["--expect-header", "X-Cache: MISS"],
            ["--expect-regex", "down"],
            ["--expect-size", "9999"],
        ] {
            assert!(!good(&[&all[..], &failing].concat()), "{failing:?}");
        }
    }
    let ended = run(&["http://127.0.0.1:9/", "--rate", "50", "--expect-json", "items"]);
    assert!(ended.code == 2 && ended.stderr.contains("begins with /"), "{ended:?}");
}
