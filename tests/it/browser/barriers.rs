//! Barriers for people who see little, use no mouse or have the page read to them: axe looks for them on every kind of page.
//!
//! axe-core is not ours and is not committed; `tests/readers.sh` fetches it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::page_of;
use crate::support::browser::Browser;
use crate::support::program::{Running, file, program, run};
use crate::support::readers::path_of;
use crate::support::servers::{GOOD, Server, answer_always};

/// A reader's setting and window, and what it is called in a failure.
const VIEWS: [(&str, bool, Option<u32>); 4] = [
    ("light", false, None),
    ("dark", true, None),
    ("light, 360 px", false, Some(360)),
    ("dark, 360 px", true, Some(360)),
];

/// Opens what is folded away, since nothing hidden is looked at, and lets axe look: all of its rules.
const LOOK: &str = "
    document.querySelectorAll('details').forEach((details) => { details.open = true; });
    return axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations.map((rule) =>
        ({ id: rule.id, help: rule.help, at: rule.nodes.map((node) => node.html.slice(0, 160)).slice(0, 5) })));";

struct Axe(String);

impl Axe {
    fn load() -> Self {
        Self(std::fs::read_to_string(path_of("node_modules/axe-core/axe.min.js")).expect("text"))
    }

    /// The barriers in the page that a browser has open.
    fn look(&self, browser: &Browser) -> Vec<Value> {
        browser.run(&self.0);
        browser.run(LOOK).as_array().expect("a list").clone()
    }

    fn names(&self, browser: &Browser) -> Vec<String> {
        self.look(browser).iter().map(|rule| rule["id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// A page of every kind of document.
fn pages(folder: &tempfile::TempDir) -> Vec<(&'static str, PathBuf)> {
    let service = ["--workers", "4", "--service-time", "10ms"];
    let kinds: [(&str, &[&str]); 6] = [
        ("run", &["--rate", "200", "--duration", "3s", "--slo", "p99<1ms", "--samples", "3"]),
        ("runs", &["--rate", "100", "--duration", "2s", "--repeat", "2"]),
        ("closed", &["closed", "--stages", "2x100,8x200"]),
        ("sweep", &["sweep", "--rates", "100..300:100", "--step-duration", "2s", "--slo", "p99<200ms"]),
        (
            "search",
            &[
                "sweep",
                "--find-knee",
                "--slo",
                "p99<100ms",
                "--min-rate",
                "300",
                "--step-duration",
                "1s",
                "--drain",
                "1s",
                "--budget",
                "14s",
            ],
        ),
        ("compare, live", &["compare", "-c", "8", "--duration", "2s"]),
    ];
    let mut pages: Vec<(&str, PathBuf)> = kinds
        .iter()
        .map(|(name, arguments)| (*name, page_of(folder, name, &[*arguments, &service[..]].concat()).0))
        .collect();
    let result = folder.path().join("run.json").display().to_string();
    let of = |name: &str| folder.path().join(name);
    let made = |page: &Path, arguments: &[&str]| {
        let ended = run(&[arguments, &["-o", &page.display().to_string()]].concat());
        assert!(page.exists(), "{arguments:?}: {ended:?}");
    };
    let compared = of("compared.html");
    made(&compared, &["compare", &result, &result]);
    pages.push(("compare", compared));
    let shards = of("shards");
    std::fs::create_dir(&shards).expect("a folder");
    let output = shards.join("{shard}.json").display().to_string();
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let start = |shard: &str| {
        let load = ["--rate", "100", "--duration", "4s", "--shard", shard, "-q", "-o", &output];
        Running::start(program().arg(server.url()).args(load))
    };
    let shards_running = ["0/2", "1/2"].map(start);
    for ended in shards_running.map(Running::end) {
        assert!(ended.is_measured(), "{ended:?}");
    }
    let merged = of("merged.html");
    made(&merged, &["merge", &shards.display().to_string()]);
    pages.push(("merge", merged));
    pages
}

#[test]
#[ignore = "needs chromium and axe: run `bash tests/run.sh`"]
fn axe_finds_no_barrier_on_any_kind_of_page_light_or_dark_wide_or_narrow() {
    let (folder, axe) = (tempfile::tempdir().expect("a folder"), Axe::load());
    let pages = pages(&folder);
    let mut found = Vec::new();
    for (view, is_dark, width) in VIEWS {
        let browser = Browser::start(1_200, 900);
        if let Some(width) = width {
            browser.narrow(width);
        }
        if is_dark {
            browser.darken();
        }
        for (name, page) in &pages {
            browser.open(page);
            found.extend(axe.look(&browser).into_iter().map(|rule| format!("{name}, {view}: {rule:#}")));
        }
    }
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

#[test]
#[ignore = "needs chromium and axe: run `bash tests/run.sh`"]
fn axe_finds_the_barriers_that_are_planted() {
    let (folder, axe) = (tempfile::tempdir().expect("a folder"), Axe::load());
    let (page, _) = page_of(&folder, "run", &["--rate", "50", "--duration", "2s"]);
    let text = std::fs::read_to_string(&page).expect("the page");
    let browser = Browser::start(1_200, 900);
    let barriers = [
        ("html-has-lang", "<html lang=\"en\">", "<html>"),
        ("color-contrast", "--soft: #57606a", "--soft: #c8ccd0"),
        ("scrollable-region-focusable", "tabindex=\"0\"", "style=\"width: 40px\""),
        ("heading-order", "<h2>", "<h4>"),
        ("empty-table-header", "<th scope=\"col\">requests</th>", "<th scope=\"col\"></th>"),
    ];
    for (rule, good, bad) in barriers {
        assert!(text.contains(good), "{good} is no longer in the page");
        let broken = file(&folder, "broken.html", text.replace(good, bad));
        browser.open(Path::new(&broken));
        let names = axe.names(&browser);
        assert!(names.iter().any(|name| name == rule), "{rule}: {names:?}");
    }
}

/// As WebDriver numbers them.
const ARROW_RIGHT: &str = "\u{e014}";
const END: &str = "\u{e010}";

#[test]
#[ignore = "needs chromium: run `bash tests/run.sh`"]
fn the_arrow_keys_go_through_a_chart_and_its_values_are_spoken() {
    let folder = tempfile::tempdir().expect("a folder");
    let (page, document) = page_of(
        &folder,
        "run",
        &["--rate", "100", "--duration", "4s", "--workers", "4", "--service-time", "10ms"],
    );
    let browser = Browser::start(1_200, 900);
    browser.open(&page);
    browser.run("document.getElementById('response').focus();");
    let spoken = |key: &str| {
        browser.press(key);
        let text = browser.run("return document.querySelector('#response + .spoken').textContent;");
        text.as_str().expect("a text").to_owned()
    };
    let median = |row: usize| document["series"][row]["response_p50_ms"].as_f64().expect("a median");
    let read = |text: &str| -> f64 {
        let value = text.split("p50 ").nth(1).and_then(|rest| rest.split(',').next());
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no median in {text}"))
    };
    for row in 0..2 {
        let text = spoken(ARROW_RIGHT);
        assert!(text.starts_with(&format!("time, s {row}")), "{text}");
        assert!((read(&text) - median(row)).abs() <= 0.01 * median(row), "{text}: {}", median(row));
    }
    assert!(spoken(END).starts_with("time, s 3"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
