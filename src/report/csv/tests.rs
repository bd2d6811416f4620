//! The table as a spreadsheet reads it.

use std::collections::BTreeMap;

use super::*;
use crate::fixture;

/// The header that tables of closed-loop tools have.
const CLOSED_LOOP: &str = "scenario,concurrency,total_requests,rps,error_rate,failure_rate,\
                           avg_ms,min_ms,max_ms,p90_ms,p95_ms,p99_ms,";

fn read(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn a_table_reads_as_saved() {
    super::super::assert_reads_as_saved("csv-mixed", &render(&fixture::mixed()));
}

#[test]
fn the_closed_loop_table_comes_first() {
    for summary in fixture::all() {
        let text = render(&summary);
        assert!(text.starts_with(CLOSED_LOOP), "{text}");
        assert_eq!(text.lines().count(), 2 + summary.endpoints.len());
    }
}

#[test]
fn columns_are_unique_and_the_same_for_every_run() {
    let summaries = fixture::all();
    let columns = |summary| {
        fields("a", summary, &Part::of_run(summary)).iter().map(|field| field.column).collect::<Vec<_>>()
    };
    let first = columns(&summaries[0]);
    assert!(summaries.iter().all(|summary| columns(summary) == first));
    for (i, column) in first.iter().enumerate() {
        assert!(!first[..i].contains(column), "{column} twice");
    }
}

#[test]
fn a_lower_bound_is_no_number_and_is_named() {
    let rows = read(&render(&fixture::overload()));
    let row = &rows[0];
    assert_eq!(row["p99_ms"], ">2000.000");
    assert!(row["lower_bounds"].split(' ').any(|name| name == "p99_ms"), "{row:?}");
    assert!(row["response_p50_ms"].parse::<f64>().is_ok());
    for (column, text) in row {
        let named = row["lower_bounds"].split(' ').any(|name| name == column);
        assert_eq!(text.starts_with('>'), named, "{column}: {text}");
    }
}

#[test]
fn what_is_not_known_is_empty() {
    let rows = read(&render(&fixture::few()));
    assert_eq!(rows[0]["concurrency"], "");
    assert_eq!(rows[0]["p99_ms"], "");
    assert_eq!(rows[0]["scenario"], "open-0.5/s");
    assert_eq!(rows[0]["connection_error"], "2");
}

#[test]
fn the_rows_of_the_endpoints_follow_the_total_and_add_up_to_it() {
    let rows = read(&render(&fixture::mixed()));
    assert_eq!(rows.len(), 4);
    assert_eq!((rows[0]["endpoint"].as_str(), rows[3]["endpoint"].as_str()), ("", "login"));
    for column in ["planned", "sent", "ok", "http_error", "throttled", "unexpected_body"] {
        let count = |row: &BTreeMap<String, String>| row[column].parse::<u64>().unwrap();
        assert_eq!(rows[1..].iter().map(count).sum::<u64>(), count(&rows[0]), "{column}");
    }
    assert_eq!((rows[0]["service"].as_str(), rows[1]["service"].as_str()), ("keeping_up", ""));
    assert_eq!(rows[1]["amplification_p99"], "");
    let header = render(&fixture::mixed());
    assert!(header.lines().next().unwrap().contains(",endpoint,tls_verification,result,size_min_bytes,"));
    assert_eq!((rows[0]["size_p99_bytes"].as_str(), rows[1]["size_max_bytes"].as_str()), ("2048", "2048"));
}

#[test]
fn every_row_says_when_certificates_were_not_checked() {
    let rows = read(&render(&fixture::mixed()));
    assert!(rows.iter().all(|row| row["tls_verification"] == "false"));
    assert_eq!(read(&render(&fixture::few()))[0]["tls_verification"], "");
}

#[test]
fn several_runs_share_one_header() {
    let [a, b, ..] = fixture::all();
    let rows = read(&table([("calm", &a), ("rough, \"wild\"", &b)]));
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0]["scenario"].as_str(), rows[1]["scenario"].as_str()), ("calm", "rough, \"wild\""));
    assert_eq!(rows[0]["total_requests"], "3000");
}
