//! The page of a report in a real browser: headless Chromium.
//!
//! These tests need Chromium and are left out of a plain `cargo test`; `bash tests/run.sh` installs it and runs them.

mod barriers;

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::browser::Browser;
use crate::support::program::run;

/// Runs the program with a page and the document beside it.
fn page_of(folder: &TempDir, name: &str, arguments: &[&str]) -> (PathBuf, Value) {
    let (page, document) =
        (folder.path().join(format!("{name}.html")), folder.path().join(format!("{name}.json")));
    let outputs = [page.display().to_string(), document.display().to_string()];
    let ended = run(&[arguments, &["--quiet", "-o", &outputs[0], "-o", &outputs[1]]].concat());
    assert!([0, 1, 3, 99].contains(&ended.code), "{name}: {ended:?}");
    let text =
        std::fs::read_to_string(&document).unwrap_or_else(|error| panic!("{name}: {error}: {ended:?}"));
    (page, serde_json::from_str(&text).expect("JSON"))
}

/// How many points each chart of the page shows, and how many things it has asked for.
const SHOWN: &str = "
    const points = {};
    for (const [id, chart] of window.rpsbench.charts) {
        points[id] = chart.data ? chart.data.slice(1).flat().filter((y) => y !== null && y !== undefined).length : -1;
    }
    return { points, asked: performance.getEntriesByType('resource').length,
             wide: document.documentElement.scrollWidth - document.documentElement.clientWidth };";

#[test]
#[ignore = "needs chromium: run `bash tests/run.sh`"]
fn every_kind_of_document_opens_without_a_complaint_or_a_request_and_its_charts_have_points() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = ["--workers", "4", "--service-time", "10ms"];
    let kinds: [(&str, &[&str]); 5] = [
        ("run", &["--rate", "200", "--duration", "4s", "--slo", "p99<1ms"]),
        ("repeats", &["--rate", "100", "--duration", "2s", "--repeat", "2"]),
        ("stages", &["closed", "--stages", "2x100,8x200"]),
        ("ladder", &["sweep", "--rates", "100..300:100", "--step-duration", "2s", "--slo", "p99<200ms"]),
        ("live", &["compare", "-c", "8", "--duration", "2s"]),
    ];
    let browser = Browser::start(1_200, 900);
    for (name, arguments) in kinds {
        let (page, _) = page_of(&folder, name, &[arguments, &service[..]].concat());
        browser.open(&page);
        let shown = browser.run(SHOWN);
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{name}");
        assert_eq!(shown["asked"], 0, "{name}: {shown}");
        let points = shown["points"].as_object().expect("charts");
        assert!(
            !points.is_empty() && points.values().all(|count| count.as_i64() != Some(0)),
            "{name}: {shown}"
        );
        assert!(shown["wide"].as_i64().expect("a number") <= 0, "{name} is wider than its window: {shown}");
    }
}

#[test]
#[ignore = "needs chromium: run `bash tests/run.sh`"]
fn hovering_shows_the_value_that_stands_in_the_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let (page, document) = page_of(
        &folder,
        "run",
        &["--rate", "100", "--duration", "6s", "--workers", "4", "--service-time", "10ms"],
    );
    let browser = Browser::start(1_200, 900);
    browser.open(&page);
    // The middle of the first chart, once it is in view.
    let place = browser.run(
        "const over = document.querySelector('#response .u-over'); over.scrollIntoView({block: 'center'});
         const box = over.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2];",
    );
    let at = |index: usize| place[index].as_f64().expect("a number") as i64;
    browser.point_at(at(0), at(1));
    let shown = browser.run(
        "const chart = window.rpsbench.charts.get('response');
         return [chart.cursor.idx, [...document.querySelectorAll('#response .u-value')].map((cell) => cell.textContent)];",
    );
    let row = shown[0].as_u64().expect("the cursor is on a point") as usize;
    let p50_ms = document["series"][row]["response_p50_ms"].as_f64().expect("a median");
    let text = shown[1][1].as_str().expect("a value");
    let read: f64 = text.replace(',', "").parse().unwrap_or_else(|_| panic!("{text} is no number: {shown}"));
    assert!((read - p50_ms).abs() <= 0.01 * p50_ms, "{read} and {p50_ms}: {shown}");
    // All charts over time share the cursor.
    let other = browser.run("return window.rpsbench.charts.get('backlog').cursor.idx;");
    assert_eq!(other.as_u64(), Some(row as u64));
}

#[test]
#[ignore = "needs chromium: run `bash tests/run.sh`"]
fn a_narrow_and_a_dark_window_are_served_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (page, _) = page_of(&folder, "run", &["--rate", "50", "--duration", "2s"]);
    let browser = Browser::start(1_200, 900);
    browser.narrow(360);
    browser.darken();
    browser.open(&page);
    let shown = browser.run(SHOWN);
    assert!(shown["wide"].as_i64().expect("a number") <= 0, "{shown}");
    let paper = browser.run("return getComputedStyle(document.body).backgroundColor;");
    assert_eq!(paper, "rgb(14, 17, 22)");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
