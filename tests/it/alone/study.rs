//! The study that this project grew out of, once more: `closed` on the built-in service beside the published table.

use crate::support::program::run;
use crate::support::turn::alone;

const STUDY: &str = include_str!("../../fixtures/import/study.csv");

/// Columns of both tables: users, requests, throughput, mean.
fn rows(text: &str) -> Vec<(u64, u64, f64, f64)> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let figure = |text: &str| text.parse::<f64>().expect("a figure");
    let row = |row: csv::StringRecord| {
        (figure(&row[1]) as u64, figure(&row[2]) as u64, figure(&row[3]), figure(&row[6]))
    };
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

/// Three quarters of a minute, because that is what the study's requests take.
#[test]
fn the_studys_table_is_repeated() {
    let _turn = alone();
    let stages = "20x400,50x1250,100x2500,150x3750,200x5000";
    let ended = run(&["closed", "--stages", stages, "--format", "csv", "--quiet"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let (got, study) = (rows(&ended.stdout), rows(STUDY));
    assert_eq!(got.len(), 5);
    for (got, study) in got.iter().zip(&study) {
        assert_eq!((got.0, got.1), (study.0, study.1));
        let (throughput, mean) = (got.2 / study.2 - 1.0, got.3 / study.3 - 1.0);
        assert!(throughput.abs() <= 0.15 && mean.abs() <= 0.20, "{got:?} beside {study:?}");
    }
}
