//! What must hold of the page, whatever is in a result. How it looks and works in a browser: tests/it/browser.

use super::*;
use crate::fixture;
use crate::report::{Format, Style, render};

#[test]
fn nothing_from_a_server_becomes_markup() {
    let mut summary = fixture::mixed();
    let evil = "</script><script>alert(1)</script>";
    summary.plan.target = format!("http://host-1/{evil}");
    summary.plan.name = Some(evil.to_owned());
    summary.samples.iter_mut().for_each(|sample| sample.body = format!("<img src=x onerror=alert(1)>{evil}"));
    summary.errors.iter_mut().for_each(|error| error.example = evil.to_owned());
    let page = render(&summary, Format::Html, &Style::default()).unwrap();
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "markup came through");
    assert!(
        page.contains("&#60;script&#62;alert(1)") || page.contains("&lt;script&gt;alert(1)"),
        "and is shown as text"
    );
}

#[test]
fn a_page_asks_nobody_for_anything() {
    for summary in [fixture::freeze(), fixture::overload(), fixture::mixed()] {
        let page = run::page(&summary).write();
        for asks in
            ["src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest", "http://www", "https://cdn"]
        {
            assert!(!page.contains(asks), "{asks}");
        }
        assert!(page.len() < 350_000, "{} bytes", page.len());
        assert!(page.contains("Content-Security-Policy") && page.contains("Leon Sorokin"));
    }
}

#[test]
fn the_page_says_the_result_first_and_in_tables_what_the_charts_show() {
    let summary = fixture::overload();
    let page = run::page(&summary).write();
    let result = page.find("<h1>").unwrap();
    assert!(page[result..].starts_with(&format!("<h1>{}", run::banner(&summary).result)));
    for wanted in
        ["Ledger", "Interval by interval", "Objectives of the run", "scope=\"row\"", "id=\"response\""]
    {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert!(!page.contains("<th scope=\"col\"></th>"), "a column without a name is read out as nothing");
}
