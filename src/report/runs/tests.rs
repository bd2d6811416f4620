//! Several results, as they are written and read back.

use jsonschema::Validator;
use serde_json::json;

use super::super::assert_reads_as_saved;
use super::super::schema::{assert_valid, validator_of};
use super::*;
use crate::fixture;
use crate::judge::Stage;
use crate::measure::Measured;
use crate::report::Format;
use crate::result::{Document, Figure, Mode, ReadError};

fn render(runs: &Runs, format: Format, style: &Style) -> String {
    crate::report::render(runs, format, style).unwrap()
}

/// A stage of a closed loop, made of a run that was none.
fn stage(users: u64, completed_per_s: f64, mean_ms: f64) -> crate::result::Summary {
    let mut summary = fixture::freeze();
    summary.plan.mode = Mode::Closed;
    summary.plan.concurrency = Some(users);
    summary.plan.rate_per_s = None;
    summary.rates.completed_per_s = completed_per_s;
    summary.latency.response.set(Figure::Mean, Some(mean_ms));
    summary
}

fn stages() -> Runs {
    Runs::new(vec![stage(20, 254.7, 74.1), stage(50, 294.2, 164.5), stage(200, 296.4, 660.4)], false)
}

fn repeats() -> Runs {
    let mut runs = [stage(20, 250.0, 70.0), stage(20, 260.0, 80.0), stage(20, 255.0, 90.0)];
    let p99 = runs[1].latency.response.figure(Figure::P99).least().unwrap();
    runs[1].latency.response.set(Figure::P99, Measured::AtLeast(p99));
    Runs::new(runs.to_vec(), true)
}

fn validator() -> Validator {
    validator_of(&serde_json::from_str(include_str!("../../../docs/runs.schema.json")).unwrap())
}

#[test]
fn several_runs_read_as_saved() {
    for (name, runs) in [("runs-stages", stages()), ("runs-repeats", repeats())] {
        assert_reads_as_saved(name, &render(&runs, Format::Text, &Style::default()));
    }
}

#[test]
fn stages_say_from_how_many_users_on_more_of_them_only_wait() {
    let text = render(&stages(), Format::Text, &Style::default());
    assert!(text.contains("throughput no longer rises from 50 users on"), "{text}");
    assert!(text.contains("From about 22 users on"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert_eq!(Stage::of(&fixture::freeze()), None, "an open loop has no users");
}

#[test]
fn rows_that_appear_one_by_one_are_the_table() {
    let runs = stages();
    let rows: String = runs.runs.iter().map(|run| row(&run.name, &run.result)).collect();
    let whole = render(&runs, Format::Text, &Style::default());
    assert_eq!(
        header(&runs.runs[0].result, &Style::default()) + &rows + &after_table(&runs, &Style::default()),
        whole
    );
}

#[test]
fn repeats_are_numbered_and_their_spread_leaves_out_what_was_not_measured() {
    let runs = repeats();
    assert_eq!(runs.runs.iter().map(|run| run.repeat).collect::<Vec<_>>(), [1, 2, 3]);
    let of = |figure: &str| runs.spread.iter().find(|spread| spread.figure == figure).unwrap();
    assert_eq!((of("mean_ms").min, of("mean_ms").median, of("mean_ms").max), (70.0, 80.0, 90.0));
    assert_eq!((of("completed_per_s").repeats, of("p99_ms").repeats), (3, 2));
    let text = render(&runs, Format::Text, &Style::default());
    assert!(text.contains("closed-20 #3") && text.contains("INTERRUPTED"), "{text}");
    assert!(stages().spread.is_empty());
}

#[test]
fn a_document_is_valid_and_reads_as_it_was_written() {
    for runs in [stages(), repeats()] {
        let text = render(&runs, Format::Json, &Style::default());
        assert_valid(&validator(), &serde_json::from_str(&text).unwrap());
        assert_eq!(Document::read(text.as_bytes()), Ok(Document::Runs(Box::new(runs))));
    }
}

#[test]
fn a_document_that_was_changed_is_refused() {
    let mut document = serde_json::to_value(stages()).unwrap();
    document["runs"][1]["result"]["ledger"]["ok"] = json!(1);
    assert!(matches!(Document::read(document.to_string().as_bytes()), Err(ReadError::Imbalance(_))));
    document["runs"][0]["repeat"] = json!(0);
    assert!(!validator().is_valid(&document));
}
