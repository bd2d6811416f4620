//! How large the answers were: as they came, and decompressed.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::program::{ledger, run, run_json};
use crate::support::servers::{Server, read_request};

const LOAD: [&str; 6] = ["--rate", "400", "-n", "400", "--connections", "1"];

/// Answers 1,500 bytes, and every tenth time a page of 200.
fn with_error_pages() -> Server {
    let number = AtomicU64::new(0);
    Server::start(move |mut stream| {
        while read_request(&mut stream).is_some() {
            let length = if number.fetch_add(1, Ordering::Relaxed) % 10 == 9 { 200 } else { 1_500 };
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}", "x".repeat(length));
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

#[test]
fn pages_of_another_size_among_good_answers_are_seen() {
    let server = with_error_pages();
    let (ended, document) = run_json(&[&[server.url().as_str()], &LOAD[..]].concat());
    assert!(ended.is_measured() && ledger(&document, "ok") == 400, "{ended:?}");
    let wire = &document["sizes"]["wire"];
    let figures =
        ["count", "min_bytes", "p50_bytes", "p90_bytes", "max_bytes"].map(|name| wire[name].as_u64());
    assert_eq!(figures, [400, 200, 1_500, 1_500, 1_500].map(Some), "{wire}");
    assert_eq!(wire["mean_bytes"], (360.0 * 1_500.0 + 40.0 * 200.0) / 400.0);
    assert!(document["sizes"].get("decoded").is_none(), "nothing was decompressed");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run.json");
    std::fs::write(&file, document.to_string()).expect("a file");
    let shown = run(&["report", file.to_str().expect("a path"), "--details"]).stdout;
    let row = shown.lines().find(|line| line.starts_with("  as sent")).expect("a row");
    assert_eq!(
        row.split_whitespace().skip(2).collect::<Vec<_>>(),
        ["400", "200", "1,370", "1,500", "1,500", "-", "1,500"],
        "{shown}"
    );
}

#[test]
fn of_compressed_answers_both_sizes_are_told_where_a_check_looks_into_them() {
    let text = "{\"state\": \"up\"} ".repeat(500);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).expect("memory");
    let gzip = gzip.finish().expect("memory");
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n";
    let size = format!("{:x}\r\n", gzip.len());
    let answer = [head.as_bytes(), size.as_bytes(), &gzip, b"\r\n0\r\n\r\n"].concat();
    let server = Server::start(move |stream| crate::support::servers::answer_always(stream, &answer));
    for check in [["--expect-body", "up"], ["--expect-regex", "up"]] {
        let (ended, document) = run_json(&[&[server.url().as_str()], &LOAD[..], &check].concat());
        assert!(ended.is_measured() && ledger(&document, "ok") == 400, "{ended:?}");
        let most = |kind: &str| document["sizes"][kind]["max_bytes"].as_u64();
        // Without the framing of the chunks.
        assert_eq!((most("wire"), most("decoded")), (Some(gzip.len() as u64), Some(text.len() as u64)));
        assert_eq!(document["sizes"]["decoded"]["count"], 400);
    }
}
