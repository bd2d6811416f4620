//! Good answers by the value of a header.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::program::{ledger, run, run_json};
use crate::support::servers::{Server, read_request};

#[test]
fn good_answers_are_counted_by_what_a_header_says() {
    let number = AtomicU64::new(0);
    let server = Server::start(move |mut stream| {
        while read_request(&mut stream).is_some() {
            let header = match number.fetch_add(1, Ordering::Relaxed) % 4 {
                0 | 1 => "x-backend: one\r\n",
                2 => "x-backend: two\r\n",
                _ => "",
            };
            let answer = format!("HTTP/1.1 200 OK\r\n{header}content-length: 2\r\n\r\nok");
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    let load = ["--rate", "400", "-n", "400", "--connections", "1", "--count-by", "X-Backend"];
    let (ended, document) = run_json(&[&[server.url().as_str()], &load[..]].concat());
    assert!(ended.is_measured() && ledger(&document, "ok") == 400, "{ended:?}");
    let values: Vec<_> =
        document["counted_by"].as_array().expect("values").iter().map(|one| one["value"].clone()).collect();
    assert_eq!(values.len(), 3, "{document}");
    assert!(values[0] == "one" && values.contains(&"(without)".into()), "{values:?}");
    let counts: Vec<u64> = document["counted_by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["response_ok"]["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [200, 100, 100]);
    let ended = run(&[&server.url(), "--rate", "5", "--count-by", "no header"]);
    assert!(ended.code == 2 && ended.stderr.contains("--count-by is not a header name"), "{ended:?}");
}
