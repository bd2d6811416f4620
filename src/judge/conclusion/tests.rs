//! Each conclusion from a run that shows it and nothing else.

use super::*;
use crate::fixture;
use crate::measure::{ErrorKind, NotFollowed};
use crate::result::SeriesRow;

/// A run of 10 s at 300/s in which everything was answered at once.
fn good() -> Summary {
    let mut summary = fixture::freeze();
    summary.series = (0..10).map(|second| row(second, 300)).collect();
    summary.slos = Vec::new();
    assert_eq!(conclude(&summary).conclusion, Conclusion::KeepingUp, "{:?}", conclude(&summary));
    summary
}

/// A second in which 300 were due and so many answered, in 2 ms.
fn row(second: u32, completed: u64) -> SeriesRow {
    SeriesRow {
        t_s: f64::from(second),
        offered: 300,
        sent: 300,
        completed,
        ok: completed,
        in_flight: 1,
        response_p50_ms: (completed > 150).then_some(2.0),
        ..SeriesRow::default()
    }
}

fn statuses(summary: &mut Summary, statuses: &[(&str, u64)]) {
    summary.status_codes = statuses.iter().map(|(status, count)| ((*status).to_owned(), *count)).collect();
}

#[test]
fn a_run_without_one_good_answer_tested_nothing_and_says_what_helps() {
    for (status, remedy) in [("401", "Authorization"), ("302", "redirects"), ("404", "URL"), ("500", "log")] {
        let mut summary = good();
        (summary.ledger.ok, summary.ledger.http_error) = (0, 3_000);
        statuses(&mut summary, &[(status, 3_000)]);
        let concluded = conclude(&summary);
        assert_eq!(concluded.conclusion, Conclusion::NotTested);
        assert_eq!(concluded.evidence, format!("every answer was {status}"));
        assert!(concluded.next.contains(remedy), "{concluded:?}");
    }
}

#[test]
fn whoever_follows_redirects_is_told_why_one_was_not() {
    let mut summary = good();
    (summary.ledger.ok, summary.ledger.http_error) = (0, 3_000);
    statuses(&mut summary, &[("302", 3_000)]);
    assert!(conclude(&summary).next.ends_with("-L"));
    summary.plan.traffic.follows_redirects = true;
    // No sample was kept.
    summary.samples.clear();
    assert!(conclude(&summary).next.contains("-L follows 20 redirects, within"));
    summary.samples = fixture::mixed().samples;
    for (reason, remedy) in [
        (NotFollowed::Elsewhere, "[[endpoint]] of weight 0"),
        (NotFollowed::TooMany, "circle"),
        (NotFollowed::NoLocation, "service's own log"),
    ] {
        summary.samples[0].error = Some(reason.words().to_owned());
        let next = conclude(&summary).next;
        assert!(next.contains(remedy) && !next.contains("-L"), "{next}");
    }
}

#[test]
fn a_share_of_bad_answers_is_a_failure_and_a_few_are_not() {
    let mut summary = good();
    statuses(&mut summary, &[("200", 2_220), ("503", 780)]);
    (summary.ledger.ok, summary.ledger.http_error) = (2_220, 780);
    let concluded = conclude(&summary);
    assert_eq!(concluded.conclusion, Conclusion::Failing);
    assert!(
        concluded.evidence.starts_with("26 % ") && concluded.evidence.contains("780 x 503"),
        "{concluded:?}"
    );
    (summary.ledger.ok, summary.ledger.http_error) = (2_971, 29);
    assert_eq!(conclude(&summary).conclusion, Conclusion::KeepingUp);
}

/// Dead from half of the third second on: 2.5 s, and 2,250 requests got nothing.
fn dead(kind: ErrorKind) -> Summary {
    let mut summary = good();
    summary.series[2].completed = 150;
    summary.series.iter_mut().skip(3).for_each(|row| (row.completed, row.response_p50_ms) = (0, None));
    summary.ledger.ok = 750;
    summary.errors = vec![crate::result::ErrorCount { kind, count: 2_250, example: String::new() }];
    summary
}

#[test]
fn a_service_that_answers_no_more_died_and_when() {
    let mut refused = dead(ErrorKind::ConnectRefused);
    refused.ledger.connection_error = 2_250;
    let concluded = conclude(&refused);
    assert_eq!(concluded.conclusion, Conclusion::Died);
    assert_eq!(concluded.evidence, "at 2.5 s: connection refused from then on");
    let mut silent = dead(ErrorKind::Timeout);
    silent.ledger.timeout = 2_250;
    assert_eq!(conclude(&silent).evidence, "at 2.5 s: no answer from then on");
}

#[test]
fn a_queue_that_grew_to_the_timeout_is_no_death() {
    let mut summary = dead(ErrorKind::Timeout);
    summary.ledger.timeout = 2_250;
    summary.plan.timeout_s = 2.0;
    summary.series[1].response_p50_ms = Some(900.0);
    assert_ne!(conclude(&summary).conclusion, Conclusion::Died);
}

/// A backlog that grows by so many requests a second, with noise of a few.
fn growing(per_s: u32, noise: u64) -> Summary {
    let mut summary = good();
    for (second, row) in summary.series.iter_mut().enumerate() {
        row.in_flight = 10 + u64::from(per_s) * second as u64 + if second % 3 == 1 { noise } else { 0 };
        row.response_p50_ms = Some(2.0 + 0.2 * row.in_flight as f64);
    }
    summary.queueing.in_flight_end = summary.series[9].in_flight;
    summary
}

#[test]
fn growth_beyond_doubt_is_too_much_and_growth_within_the_noise_is_at_the_limit() {
    let concluded = conclude(&growing(20, 5));
    assert_eq!(concluded.conclusion, Conclusion::TooMuch, "{concluded:?}");
    assert!(concluded.evidence.contains("190 under way at the end, 20.0 more each second"), "{concluded:?}");
    assert!(concluded.next.contains("--find-knee"), "{concluded:?}");
    let concluded = conclude(&growing(6, 60));
    assert_eq!(concluded.conclusion, Conclusion::AtTheLimit, "{concluded:?}");
    assert!(concluded.next.starts_with("try --duration "), "{concluded:?}");
}

/// A run of a second or two in which requests wait for others has seen too little to say that the service keeps up.
#[test]
fn a_queue_in_a_run_of_two_intervals_is_at_the_limit() {
    let mut summary = good();
    summary.series.truncate(2);
    summary.rates.window_s = 2.0;
    assert_eq!(conclude(&summary).conclusion, Conclusion::KeepingUp, "nobody waits");
    summary.series.iter_mut().for_each(|row| row.response_p50_ms = Some(200.0));
    let concluded = conclude(&summary);
    assert_eq!(concluded.conclusion, Conclusion::AtTheLimit, "{concluded:?}");
    assert!(concluded.evidence.contains("a run of 2 s cannot tell"), "{concluded:?}");
    assert_eq!(concluded.next, "try --duration 10s");
}

#[test]
fn a_client_that_was_the_limit_says_why_and_nothing_of_the_service() {
    let mut summary = growing(20, 5);
    summary.ledger.missed = 1_000;
    summary.ledger.planned += 1_000;
    summary.verdict.generator = judge_generator(&summary).0;
    let concluded = conclude(&summary);
    assert_eq!(concluded.conclusion, Conclusion::ClientLimit);
    assert!(concluded.evidence.contains("1,000 of 4,000"), "{concluded:?}");
}

#[test]
fn a_cap_that_was_full_for_a_while_is_a_failure_and_one_that_stays_full_is_too_much() {
    let mut summary = good();
    summary.ledger.sent -= 300;
    summary.ledger.ok -= 300;
    summary.ledger.overflow = 300;
    summary.series[4].overflow = 300;
    assert_eq!(conclude(&summary).conclusion, Conclusion::Failing);
    summary.series[9].overflow = 1;
    assert_eq!(conclude(&summary).conclusion, Conclusion::TooMuch);
}
