//! Printed reports.

use super::*;

#[test]
fn wrk_is_read_with_and_without_percentiles() {
    let plain = one("wrk.txt");
    assert_eq!(facts(&plain), ("wrk", Loop::Closed, TimedFrom::Send, Some(8), Some(2_384), Some(2_384)));
    assert_eq!((plain.target.as_deref(), plain.duration_s), (Some("http://host-1/orders"), Some(3.0)));
    let rate = 2_384.0 / 3.0;
    has(
        &plain,
        &[("rps", rate), ("error_rate", 0.0), ("failure_rate", 0.0), ("mean", 10.09), ("max", 30.22)],
    );
    let latency = one("wrk-latency.txt");
    has(
        &latency,
        &[
            ("rps", 2_395.0 / 3.0),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("mean", 10.03),
            ("p50", 9.54),
            ("p75", 11.56),
            ("p90", 13.94),
            ("p99", 19.46),
            ("max", 28.37),
        ],
    );
}

#[test]
fn wrk_counts_errors_apart_from_failures() {
    let reading = one("wrk-errors.txt");
    // 103,281 answers, 102,082 of them errors, and 8 timeouts beside them.
    assert_eq!((reading.requests, reading.ok), (Some(103_289), Some(1_199)));
    has(
        &reading,
        &[
            ("rps", 103_281.0 / 3.01),
            ("error_rate", 102_082.0 / 103_289.0),
            ("failure_rate", 8.0 / 103_289.0),
            ("mean", 1.26),
            ("p50", 0.026),
            ("p75", 0.848),
            ("p90", 5.08),
            ("p99", 11.58),
            ("max", 27.11),
        ],
    );
}

#[test]
fn wrk2_measures_from_the_plan() {
    let reading = one("wrk2.txt");
    assert_eq!(
        facts(&reading),
        ("wrk2", Loop::Open, TimedFrom::IntendedTime, Some(100), Some(60_018), Some(60_018))
    );
    has(
        &reading,
        &[
            ("rps", 2_000.6),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("mean", 6.6),
            ("p50", 6.67),
            ("p75", 7.78),
            ("p90", 9.14),
            ("p95", 10.015),
            ("p99", 11.18),
            ("p99.9", 12.3),
            ("p99.99", 12.45),
            ("max", 12.5),
        ],
    );
}

#[test]
fn hey_is_read() {
    let reading = one("hey.txt");
    assert_eq!(facts(&reading), ("hey", Loop::Closed, TimedFrom::Send, None, Some(2_368), Some(2_368)));
    has(
        &reading,
        &[
            ("rps", 2_368.0 / 3.0062),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("min", 3.5),
            ("mean", 10.1),
            ("p50", 9.7),
            ("p75", 11.7),
            ("p90", 14.1),
            ("p95", 15.8),
            ("p99", 20.0),
            ("max", 27.5),
        ],
    );
    let failing = one("hey-errors.txt");
    assert_eq!((failing.requests, failing.ok), (Some(91_660), Some(1_984)));
    assert_eq!(failing.error_rate, Some(89_660.0 / 91_660.0));
    assert_eq!(failing.failure_rate, Some(16.0 / 91_660.0));
    assert!((failing.completed_per_s.unwrap() - 91_644.0 / 5.0094).abs() < 1e-6);
}

#[test]
fn h2load_is_read_in_its_old_and_new_form() {
    let reading = one("h2load.txt");
    assert_eq!(facts(&reading), ("h2load", Loop::Closed, TimedFrom::Send, Some(8), Some(1_200), Some(1_200)));
    has(
        &reading,
        &[
            ("rps", 801.16),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("min", 1.99),
            ("mean", 9.82),
            ("max", 37.04),
        ],
    );
    let timed = one("h2load-duration.txt");
    assert_eq!((timed.duration_s, timed.ok), (Some(2.0), Some(1_593)), "the warm-up is not measured");
    has(
        &timed,
        &[
            ("rps", 41_346.5),
            ("error_rate", 81_100.0 / 82_693.0),
            ("failure_rate", 0.0),
            ("min", 0.011),
            ("mean", 0.193),
            ("max", 24.49),
        ],
    );
    let new = one("h2load-new.txt");
    assert_eq!((new.concurrency, new.duration_s), (Some(4), Some(2.0)));
    has(
        &new,
        &[
            ("rps", 308_330.0),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("min", 0.007),
            ("mean", 0.011),
            ("p50", 0.010),
            ("p95", 0.015),
            ("p99", 0.020),
            ("max", 0.461),
        ],
    );
}
