use jsonschema::draft202012;
use serde_json::{Value, json};

use super::super::schema::{assert_valid, forbid_unknown_fields, validator_of};
use super::super::{assert_is_well_set, assert_reads_as_saved};
use crate::compare::import::reading_of;
use crate::compare::{Condition, import};
use crate::fixture::{freeze, overload};
use crate::report::{Format, Style};
use crate::result::{COMPARE_UNCODED, Comparison, Document, Figure, Kind, ReadError, Reading, Summary};

fn render(comparison: &Comparison, format: Format, style: &Style) -> String {
    crate::report::render(comparison, format, style).unwrap()
}

const SCHEMA: &str = include_str!("../../../docs/compare.schema.json");

fn wrk() -> Reading {
    let text = include_bytes!("../../../tests/fixtures/import/wrk-errors.txt");
    import("wrk-errors.txt", text).unwrap().remove(0)
}

fn hey() -> Reading {
    import("hey.txt", include_bytes!("../../../tests/fixtures/import/hey.txt")).unwrap().remove(0)
}

/// A run like [`freeze`] whose answers are slower, and which is long enough to say something about itself: 60 s of 300/s.
fn steady(name: &str, service_us: u64, seed: u64) -> Reading {
    let mut summary: Summary = freeze();
    let mut row = summary.series[0].clone();
    let rows = (0..60).map(|second: u64| {
        let mut times = hdrhistogram::Histogram::<u32>::new_with_bounds(1_000, 3_600_000_000_000, 2).unwrap();
        for i in 0..300 {
            // A number that looks random and is always the same.
            let noise = ((second * 300 + i + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) % 900;
            times.record((service_us + noise) * 1_000).unwrap();
        }
        row.t_s = second as f64;
        row.response_histogram = crate::measure::encode_interval(&times).unwrap();
        row.clone()
    });
    summary.series = rows.collect();
    let mut reading = reading_of(name, &summary);
    let whole = reading.seconds.as_ref().unwrap();
    let percentile = |figure: Figure| {
        whole.percentile(figure.quantile().unwrap(), &whole.whole()).map(|nanos| nanos / 1e6)
    };
    let latency = &mut reading.latency;
    for figure in [Figure::P50, Figure::P75, Figure::P90, Figure::P95, Figure::P99] {
        latency.set(figure, percentile(figure));
    }
    for (figure, us) in [(Figure::Min, 0), (Figure::Mean, 450), (Figure::Max, 900)] {
        latency.set(figure, Some((service_us + us) as f64 / 1e3));
    }
    reading.notes.clear();
    reading
}

fn comparison(readings: Vec<Reading>, conditions: &[&str]) -> Comparison {
    let conditions: Vec<Condition> = conditions.iter().map(|text| text.parse().unwrap()).collect();
    crate::compare::compare(readings, &conditions).unwrap()
}

fn own() -> Comparison {
    let readings = vec![
        steady("before.json", 2_000, 1),
        steady("same.json", 2_000, 77_777),
        steady("after.json", 2_600, 5),
    ];
    comparison(readings, &["p99>+10%", "rps<-5%"])
}

fn others() -> Comparison {
    let readings =
        vec![reading_of("overload.json", &overload()), wrk(), hey(), reading_of("freeze.json", &freeze())];
    comparison(readings, &["p99>+10%"])
}

fn all() -> [Comparison; 2] {
    [own(), others()]
}

#[test]
fn comparisons_read_as_saved() {
    for (name, comparison) in [("compare-own", own()), ("compare-others", others())] {
        assert_reads_as_saved(name, &render(&comparison, Format::Text, &Style::default()));
    }
}

#[test]
fn a_saved_comparison_prints_as_it_was() {
    for comparison in all() {
        let saved = Document::read(render(&comparison, Format::Json, &Style::default()).as_bytes()).unwrap();
        for format in Format::able(Kind::Comparison) {
            let style = Style::default();
            assert_eq!(
                crate::report::render(&saved, format, &style).unwrap(),
                render(&comparison, format, &style),
                "{format}"
            );
        }
    }
}

/// A document as it was written before warnings had codes.
#[test]
fn a_comparison_whose_warnings_are_sentences_still_reads() {
    let bytes = include_bytes!("../../../tests/fixtures/documents/compare-sentences.json");
    let Ok(Document::Comparison(old)) = Document::read(bytes) else { panic!("no comparison") };
    let codes: Vec<&str> = old.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == COMPARE_UNCODED), "{codes:?}");
    let text = render(&old, Format::Text, &Style::default());
    assert!(text.contains("A is an open loop, B a closed loop"), "{text}");
}

#[test]
fn comparisons_fit_the_page_and_colour_changes_nothing_but_colour() {
    for comparison in all() {
        assert_is_well_set(|style| render(&comparison, Format::Text, style));
    }
}

#[test]
fn the_table_has_a_row_for_each_result() {
    let table = render(&others(), Format::Csv, &Style::default());
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, column: &str| {
        &rows[row][header.iter().position(|name| name == column).unwrap_or_else(|| panic!("{column}"))]
    };
    assert_eq!(rows.len(), 4);
    assert_eq!((cell(0, "result"), cell(0, "p99_ratio"), cell(1, "tool")), ("A", "", "wrk"));
    assert_eq!((cell(1, "p99_ms"), cell(2, "clock"), cell(1, "concurrency")), ("11.58", "send", "8"));
    assert!(cell(0, "max_ms").starts_with('>'), "{}", cell(0, "max_ms"));
    assert!(!cell(1, "p50_ms_difference").is_empty() && cell(1, "p50_noise").is_empty());
    let own = render(&own(), Format::Csv, &Style::default());
    assert!(own.contains("exceeds") && own.contains("within"), "{own}");
}

#[test]
fn the_schema_describes_every_field_that_is_written() {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert!(draft202012::meta::is_valid(&schema));
    let validator = validator_of(&schema);
    let old = include_bytes!("../../../tests/fixtures/documents/compare-sentences.json");
    let mut old: Value = serde_json::from_slice(old).unwrap();
    assert!(old["warnings"][0].is_string() && validator.is_valid(&old));
    old["warnings"][0] = json!({ "code": "compare.other_clock" });
    assert!(!validator.is_valid(&old));
    forbid_unknown_fields(&mut schema);
    let strict = validator_of(&schema);
    for comparison in all() {
        let document = serde_json::to_value(&comparison).unwrap();
        assert_valid(&strict, &document);
        for (at, value) in [
            ("/schema", json!("rpsbench.result/1")),
            ("/results/0/mode", json!("ajar")),
            ("/results/0/clock", json!("noon")),
            ("/results/0/latency/p99_ms", json!(-1)),
            ("/results/1/error_rate", json!(1.5)),
            ("/differences/0/result", json!(0)),
            ("/differences/0/figures/0/figure", json!("p98_ms")),
            ("/differences/0/figures/0/bound", json!("roughly")),
            ("/differences/0/figures/0/noise/verdict", json!("maybe")),
            ("/conditions/0/fails", json!(null)),
            ("/results", json!([])),
        ] {
            let mut broken = document.clone();
            *broken.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = value;
            assert!(!validator.is_valid(&broken), "{at}");
        }
        for field in ["schema", "tool", "results", "differences", "warnings"] {
            let mut broken = document.clone();
            broken.as_object_mut().unwrap().remove(field);
            assert!(!validator.is_valid(&broken), "{field}");
        }
    }
}

#[test]
fn a_changed_document_is_refused() {
    let document = serde_json::to_value(own()).unwrap();
    let changed = |at: &str, value: Value| {
        let mut document = document.clone();
        *document.pointer_mut(at).unwrap() = value;
        Document::read(document.to_string().as_bytes()).unwrap_err()
    };
    assert_eq!(changed("/differences/0/result", json!(7)), ReadError::Inconsistent);
    assert_eq!(changed("/conditions/0/result", json!(0)), ReadError::Inconsistent);
    assert_eq!(changed("/differences", json!([])), ReadError::Inconsistent);
    assert!(matches!(changed("/results/0/mode", json!("ajar")), ReadError::WrongValue { .. }));
    assert!(matches!(
        changed("/schema", json!("rpsbench.compare/2")),
        ReadError::OtherSchema(_) | ReadError::Newer(_)
    ));
}
