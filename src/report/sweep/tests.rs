//! A ladder, as it is written and read back.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::assert_reads_as_saved;
use super::super::schema::{assert_valid, validator_of};
use super::*;
use crate::fixture;
use crate::ladder::sweep_of;
use crate::measure::Measured;
use crate::report::Format;
use crate::result::{
    Document, Figure, LoadVotes, ReadError, Recovery, Rung, SearchReport, ServiceVerdict, SpikeRecovery,
    Summary,
};
use crate::schedule::Shard;

fn render(sweep: &Sweep, format: Format, style: &Style) -> String {
    crate::report::render(sweep, format, style).unwrap()
}

/// Rungs of an M/M/1 queue of 100/s, in closed form.
fn sweep() -> Sweep {
    let rung = |rate: f64| {
        let mean_ms = 1e3 / (100.0 - rate).max(0.5);
        let mut result = fixture::freeze();
        result.plan.rate_per_s = Some(rate);
        result.rates.completed_per_s = rate.min(100.0);
        result.rates.ok_per_s = rate.min(100.0);
        let response = &mut result.latency.response;
        for (figure, ms) in
            [(Figure::Mean, mean_ms), (Figure::P50, 0.69 * mean_ms), (Figure::P99, 4.6 * mean_ms)]
        {
            response.set(figure, Some(ms));
        }
        result.verdict.service =
            if rate >= 100.0 { ServiceVerdict::Saturated } else { ServiceVerdict::KeepingUp };
        let recovery = Some(Recovery { recovered: rate < 110.0, waited_s: 30.0 });
        Rung { rate_per_s: rate, repeat: 1, recovery, result }
    };
    sweep_of((1..=11).map(|step| rung(f64::from(step) * 10.0)).collect(), 3.0, false)
}

fn searched() -> Sweep {
    let mut sweep = sweep();
    sweep.search = Some(SearchReport {
        knee: None,
        confirmed: false,
        lower_per_s: Some(285.0),
        upper_per_s: Some(295.0),
        trials: 12,
        void_trials: 1,
        time_s: 300.4,
        code: "search.found".to_owned(),
        reason: "found".to_owned(),
        words: "holds 285/s (5 of 5 trials good), fails 295/s (3 of 3 bad)".to_owned(),
        loads: vec![LoadVotes { rate_per_s: 285.0, good: 5, bad: 0, void: 1 }],
    });
    sweep.spike = Some(SpikeRecovery {
        before_ms: 250.0,
        worst_ms: None,
        recovered_after_s: Some(7.0),
        watched_s: 15.0,
        window_s: 2.0,
        figure: "p99".to_owned(),
    });
    sweep
}

fn validator() -> Validator {
    validator_of(&serde_json::from_str(include_str!("../../../docs/sweep.schema.json")).unwrap())
}

#[test]
fn a_ladder_reads_as_saved() {
    let (ladder, search) = (sweep(), searched());
    let text = render(&ladder, Format::Text, &Style::default()) + &after_table(&search, &Style::default());
    assert!(text.lines().all(|line| line.chars().count() <= 100 && line.trim_end() == line), "{text}");
    assert_reads_as_saved("sweep", &text);
}

#[test]
fn rows_that_appear_one_by_one_are_the_table() {
    let sweep = sweep();
    let rows: String = sweep.rungs.iter().map(|rung| row(rung.rate_per_s, &rung.result)).collect();
    let whole = render(&sweep, Format::Text, &Style::default());
    assert_eq!(
        header(&sweep.rungs[0].result, &Style::default()) + &rows + &after_table(&sweep, &Style::default()),
        whole
    );
}

#[test]
fn whose_runs_they_are_is_said_where_not_of_one_machine() {
    let text = |result: Summary| {
        let rung = Rung { rate_per_s: 100.0, repeat: 1, recovery: None, result };
        after_table(&sweep_of(vec![rung], 3.0, true), &Style::default())
    };
    let merged = text(fixture::merged());
    assert!(
        merged.contains("sent by 4 shards") && merged.contains("INCOMPLETE: a shard was lost"),
        "{merged}"
    );
    assert!(merged.contains("100/s is void") && merged.contains("missing: 2"), "{merged}");
    let own = text(fixture::shard(Shard::new(1, 3).unwrap()));
    assert!(own.contains("shard 1 of 3 by itself") && own.contains("INTERRUPTED"), "{own}");
    assert!(!text(fixture::few()).contains("shard"));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let mut wide = searched();
    if let Some(search) = &mut wide.search {
        search.code = "search.budget_spent".to_owned();
    }
    for sweep in [sweep(), searched(), wide] {
        let text = |color| render(&sweep, Format::Text, &Style { color, ..Style::default() });
        let mut coloured = text(true);
        for code in ["\u{1b}[32m", "\u{1b}[33m", "\u{1b}[1;31m", "\u{1b}[0m"] {
            coloured = coloured.replace(code, "");
        }
        assert_eq!(coloured, text(false));
    }
}

#[test]
fn a_document_is_valid_and_reads_as_it_was_written() {
    for sweep in [sweep(), searched(), sweep_of(Vec::new(), 3.0, true)] {
        let text = render(&sweep, Format::Json, &Style::default());
        assert_valid(&validator(), &serde_json::from_str(&text).unwrap());
        assert_eq!(Document::read(text.as_bytes()), Ok(Document::Sweep(Box::new(sweep))));
    }
}

#[test]
fn a_document_that_was_changed_is_refused() {
    let mut document = serde_json::to_value(sweep()).unwrap();
    document["rungs"][1]["result"]["ledger"]["ok"] = json!(1);
    assert!(matches!(Document::read(document.to_string().as_bytes()), Err(ReadError::Imbalance(_))));
    document["rungs"][0]["rate_per_s"] = json!("fast");
    assert!(!validator().is_valid(&document));
}

#[test]
fn a_ladder_is_a_table_for_spreadsheets() {
    let text = render(&sweep(), Format::Csv, &Style::default());
    let names: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((names.len(), names[0], names[10]), (11, "sweep-10/s", "sweep-110/s"));
}

#[test]
fn a_lower_bound_never_looks_measured() {
    let mut sweep = sweep();
    let last = &mut sweep.rungs[10].result;
    let bound = |value: Measured| Measured::AtLeast(value.least().unwrap());
    let p99 = last.latency.response.figure(Figure::P99);
    last.latency.response.set(Figure::P99, bound(p99));
    last.queueing.amplification_mean = bound(last.queueing.amplification_mean);
    let text = render(&sweep, Format::Text, &Style::default());
    assert!(text.contains("failed") && text.contains(">x"), "{text}");
    let plot = text.split("against rate/s").nth(1).unwrap();
    assert!(plot.contains("●      >"), "{text}");
}

#[test]
fn repeats_have_names_of_their_own() {
    let mut sweep = sweep();
    (sweep.rungs[1].rate_per_s, sweep.rungs[1].repeat) = (10.0, 2);
    let text = render(&sweep, Format::Csv, &Style::default());
    let names: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(names[..3], ["sweep-10/s", "sweep-10/s-2", "sweep-30/s"]);
}

#[test]
fn repeats_of_one_rate_are_no_plot() {
    let mut sweep = sweep();
    sweep.rungs.iter_mut().for_each(|rung| rung.rate_per_s = 50.0);
    assert!(!render(&sweep, Format::Text, &Style::default()).contains("against rate/s"));
}

#[test]
fn the_baseline_knee_says_what_was_measured() {
    assert!(render(&sweep(), Format::Text, &Style::default()).contains("response p99 3 times"));
    let mut few = sweep().rungs;
    few.iter_mut().for_each(|rung| rung.result.latency.response.set(Figure::P99, None));
    let text = render(&sweep_of(few, 3.0, false), Format::Text, &Style::default());
    assert!(text.contains("response p50 3 times"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn odd_figures_are_refused_or_printed_but_never_panic(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        odd in prop::sample::select(vec![
            json!(null), json!(0), json!(-1), json!(u64::MAX), json!(1e308), json!(-1e-308), json!("\u{1b}[2J\n"), json!([]),
        ]),
    ) {
        // Made once: the fixture simulates its arrivals.
        static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(searched()).unwrap());
        let mut document = DOCUMENT.clone();
        fixture::replace(&mut document, &picks, odd);
        if let Ok(Document::Sweep(sweep)) = Document::read(document.to_string().as_bytes()) {
            let text = render(&sweep, Format::Text, &Style::default());
            prop_assert!(!text.contains('\u{1b}'), "{}", text);
        }
    }
}

/// What the figures of a damaged document may be, where chance does not lead.
#[test]
fn hostile_figures_and_words_do_no_harm() {
    let mut sweep = searched();
    let queueing = &mut sweep.rungs[0].result.queueing;
    (queueing.in_flight_end, queueing.queued_end) = (u64::MAX, u64::MAX);
    sweep.rungs[1].rate_per_s = 1e308;
    if let Some(search) = &mut sweep.search {
        search.reason = "\u{1b}[2J".to_owned();
    }
    let text = render(&sweep, Format::Text, &Style::default());
    assert!(!text.contains('\u{1b}'), "{text}");
}
