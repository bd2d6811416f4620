//! Held against HdrHistogram's own output: `tests/fixtures/hgrm/README.md` says how it was made.

use super::*;
use crate::fixture;

macro_rules! fixture_file {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/hgrm/", $name))
    };
}

/// The lines that HdrHistogram's plotter draws: no comment, four fields that blanks part, the first and the last a number.
fn drawn(text: &str) -> Vec<&str> {
    let is_drawn = |line: &&str| {
        let fields: Vec<&str> = line.split(' ').filter(|field| !field.is_empty()).collect();
        let is_number = |at: usize| fields[at].parse::<f64>().is_ok();
        !line.trim().starts_with('#') && fields.len() == 4 && is_number(0) && is_number(3)
    };
    text.lines().filter(is_drawn).collect()
}

/// One field of a line, from 0.
fn field(line: &str, at: usize) -> f64 {
    line.split_whitespace().nth(at).unwrap().parse().unwrap()
}

/// What is left of a report, or of HdrHistogram's text, without comments: ours begin with a blank behind the mark.
fn without_comments(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("# ")).collect()
}

fn footer_of(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("#[")).collect()
}

#[test]
fn a_complete_run_reads_as_hdrhistogram_writes_it() {
    let freeze = fixture::freeze();
    assert_eq!(freeze.histograms.response, fixture_file!("freeze.b64").trim());
    // HdrHistogram also names percentiles with fewer than 5 of the 3000 arrivals above them.
    let expected: Vec<&str> = fixture_file!("freeze.hgrm")
        .lines()
        .filter(|line| drawn(line).is_empty() || field(line, 3) <= 3_000.0 / 5.0)
        .collect();
    assert_eq!(expected.len(), 2 + 47 + 1 + 3);
    assert_eq!(without_comments(&render(&freeze)), expected);
}

#[test]
fn the_rows_end_where_arrivals_without_a_good_answer_begin() {
    let overload = fixture::overload();
    assert_eq!(overload.histograms.response, fixture_file!("overload.b64").trim());
    assert_eq!(overload.histograms.response_ok, fixture_file!("overload-ok.b64").trim());
    let report = render(&overload);
    // HdrHistogram takes their mark, one hour, for a time.
    let expected: Vec<&str> = drawn(fixture_file!("overload.hgrm"))
        .into_iter()
        .filter(|line| field(line, 0) < 3_600_000.0)
        .collect();
    assert_eq!(drawn(&report), expected);
    // 7440 of 8000 are good: 93 %, between two percentiles.
    assert!((field(expected.last().unwrap(), 1) - 0.925).abs() < 1e-9);
    let [mean, max, buckets] = footer_of(&report)[..] else { panic!("{report}") };
    let good = footer_of(fixture_file!("overload-ok.hgrm"));
    assert_eq!((mean, buckets), (good[0], good[2]));
    assert_eq!(max, good[1].replace("7440]", "8000]"));
    assert!(report.contains("# 560 of them got no good answer"), "{report}");
    assert!(
        report.contains("of the 7440 good answers alone; of all arrivals: mean >493.956, max >2000.000\n")
    );
}

#[test]
fn a_report_reads_as_saved() {
    super::super::assert_reads_as_saved("hgrm-mixed", &render(&fixture::mixed()));
}

#[test]
fn a_percentile_is_the_one_that_other_formats_show() {
    for summary in fixture::all() {
        let report = render(&summary);
        for (share, figure) in [(0.5, Figure::P50), (0.9, Figure::P90), (0.95, Figure::P95)] {
            let row = drawn(&report).into_iter().find(|line| (field(line, 1) - share).abs() < 1e-9);
            let exact = summary.latency.response.exact(figure);
            assert_eq!(row.is_some(), exact.is_some(), "{figure} in {report}");
            if let (Some(row), Some(exact)) = (row, exact) {
                assert!((field(row, 0) / exact - 1.0).abs() < 0.001, "{figure} is {exact}: {row}");
            }
        }
    }
}

#[test]
fn percentiles_have_exact_ranks_and_end_where_five_arrivals_are_above() {
    let above = |due: u64| ticks(due).map(|tick| tick.above).collect::<Vec<_>>();
    assert!(above(4).is_empty());
    assert_eq!(above(10), [10, 9, 8, 7, 6, 5]);
    assert_eq!(above(11), [11, 9, 8, 7, 6, 5]);
    assert_eq!(above(50), [50, 45, 40, 35, 30, 25, 22, 20, 17, 15, 12, 11, 10, 8, 7, 6, 5, 5]);
    assert_eq!(ticks(u64::MAX).last().map(|tick| tick.above), Some(5));
}

#[test]
fn without_a_good_answer_there_is_neither_a_row_nor_a_figure() {
    let report = render(&fixture::few());
    assert!(drawn(&report).is_empty(), "{report}");
    let [mean, max, _] = footer_of(&report)[..] else { panic!("{report}") };
    assert_eq!(mean, "#[Mean    =          NaN, StdDeviation   =          NaN]");
    assert_eq!(max, "#[Max     =          NaN, Total count    =            2]");
}

#[test]
fn what_makes_the_figures_doubtful_is_said() {
    let mut summary = fixture::freeze();
    summary.verdict.generator = GeneratorVerdict::Invalid;
    assert!(render(&summary).contains("\n# generator invalid: "));
    summary.verdict.generator = GeneratorVerdict::Valid;
    assert!(!render(&summary).contains("generator"));
    assert!(render(&fixture::mixed()).contains("\n# certificates were NOT checked"));
}

#[test]
fn a_histogram_that_cannot_be_read_gives_no_rows() {
    let mut summary = fixture::freeze();
    summary.histograms.response_ok = "!".to_owned();
    let report = render(&summary);
    assert!(report.starts_with("# no percentiles: the histogram is not base64: "), "{report}");
    assert_eq!(report.lines().count(), 1);
}
