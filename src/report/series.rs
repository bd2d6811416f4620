//! The run over time as a table: one row for each interval, for spreadsheets and for the charts of other tools.
//!
//! | column | |
//! |---|---|
//! | `scenario` | the run, as in the other table |
//! | `t_s` | start of the interval, seconds since the start of the measurement |
//! | `offered`, `sent`, `completed`, `ok`, `overflow` | of the arrivals that were due in it |
//! | `in_flight`, `queued` | at its end |
//! | `response_p50_ms`, `response_p99_ms` | over all that were due; empty where they cannot be told |
//! | `send_lag_p99_ms` | of those that were sent |

use super::reporter::Reporter;
use super::sweep;
use crate::result::{SeriesRow, Summary, name_of};

/// Runs, each under its name. A comparison has no time of its own.
pub(super) const REPORTER: Reporter = Reporter {
    name: "series",
    extension: "series.csv",
    help: "CSV with one row for each second",
    escapes_controls: false,
    result: Some(|summary, _| table([(name_of(summary), summary)])),
    runs: Some(|runs, _| {
        let name = |run: &crate::result::NamedRun| format!("{} #{}", run.name, run.repeat);
        table(runs.runs.iter().map(|run| (name(run), &run.result)))
    }),
    sweep: Some(|rates, _| table(rates.rungs.iter().map(|rung| (sweep::name(rung), &rung.result)))),
    comparison: None,
};

const COLUMNS: [&str; 12] = [
    "scenario",
    "t_s",
    "offered",
    "sent",
    "completed",
    "ok",
    "overflow",
    "in_flight",
    "queued",
    "response_p50_ms",
    "response_p99_ms",
    "send_lag_p99_ms",
];

fn table<'a>(runs: impl IntoIterator<Item = (String, &'a Summary)>) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).expect("memory takes every record");
    for (scenario, summary) in runs {
        for row in &summary.series {
            writer.write_record(record(&scenario, row)).expect("all records have as many columns");
        }
    }
    let bytes = writer.into_inner().expect("memory can always be flushed");
    String::from_utf8(bytes).expect("every field is text")
}

fn record(scenario: &str, row: &SeriesRow) -> [String; 12] {
    let optional = |ms: Option<f64>| ms.map_or_else(String::new, |ms| ms.to_string());
    let counts = [row.offered, row.sent, row.completed, row.ok, row.overflow, row.in_flight, row.queued];
    let [offered, sent, completed, ok, overflow, in_flight, queued] = counts.map(|count| count.to_string());
    [
        scenario.to_owned(),
        row.t_s.to_string(),
        offered,
        sent,
        completed,
        ok,
        overflow,
        in_flight,
        queued,
        optional(row.response_p50_ms),
        optional(row.response_p99_ms),
        optional(row.send_lag_p99_ms),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    /// By a reader that nobody here wrote, against the document.
    #[test]
    fn every_interval_is_a_row_that_says_what_the_document_says() {
        for summary in fixture::all() {
            let text = table([(name_of(&summary), &summary)]);
            let mut reader = ::csv::Reader::from_reader(text.as_bytes());
            assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
            let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            assert_eq!(rows.len(), summary.series.len());
            let sum: u64 = rows.iter().map(|row| row[2].parse::<u64>().unwrap()).sum();
            assert_eq!(sum, summary.series.iter().map(|row| row.offered).sum::<u64>());
            for (row, told) in rows.iter().zip(&summary.series) {
                assert_eq!(row[10].parse().ok(), told.response_p99_ms);
                assert_eq!(row[1].parse(), Ok(told.t_s));
            }
        }
    }
}
