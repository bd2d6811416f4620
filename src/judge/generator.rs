//! Did the generator do its part? The evidence, weighed.

use super::phrases::{percent, share};
use crate::measure::ErrorKind;
use crate::result::{Figure, GeneratorVerdict, Mode, Summary};

/// Share of planned arrivals that the client may lose before the result is not valid.
const INVALID_LOSS: f64 = 0.01;
/// Share of the planned duration by which the client may overrun it.
const OVERRUN: f64 = 0.01;
/// Send lag p99 (ms) below which lateness is ordinary scheduling noise, whatever it is mixed into.
const NOISE_MS: f64 = 1.0;
/// Send lag p99 (ms) above which it can make a result invalid.
const INVALID_LAG_MS: f64 = 10.0;
/// Longest send lag (ms) that no percentile excuses: the client itself stood still.
const STALL_MS: f64 = 1_000.0;
/// Share of the response p99 that the send lag p99 may have before a result is suspect, and before it is invalid.
const SUSPECT_SHARE: f64 = 0.1;
const INVALID_SHARE: f64 = 0.5;
/// Whether the generator held the schedule, and the evidence.
pub(super) fn judge_generator(summary: &Summary) -> (GeneratorVerdict, Vec<String>) {
    let ledger = &summary.ledger;
    let mut verdict = GeneratorVerdict::Valid;
    let grade_of_loss = |lost: u64| {
        if share(lost, ledger.offered()) > INVALID_LOSS {
            GeneratorVerdict::Invalid
        } else {
            GeneratorVerdict::Suspect
        }
    };
    let mut reasons = Vec::new();
    let mut worse = |to: GeneratorVerdict, reason: String| {
        if to == GeneratorVerdict::Invalid || verdict == GeneratorVerdict::Valid {
            verdict = to;
        }
        reasons.push(reason);
    };
    if ledger.missed > 0 {
        let to = grade_of_loss(ledger.missed);
        worse(
            to,
            format!(
                "the client was too late for {} of {} planned requests ({}); use --burst all to send them late, \
                 a lower rate or more --threads",
                ledger.missed,
                ledger.offered(),
                percent(share(ledger.missed, ledger.offered()))
            ),
        );
    }
    let rates = &summary.rates;
    if summary.plan.mode == Mode::Open && rates.window_s > summary.plan.duration_s * (1.0 + OVERRUN) {
        worse(
            GeneratorVerdict::Invalid,
            format!(
                "the client needed {:.1} s to send what was planned for {:.1} s: {:.1}/s of {:.1}/s; use a lower rate or more \
                 --threads",
                rates.window_s, summary.plan.duration_s, rates.sent_per_s, rates.offered_per_s
            ),
        );
    }
    let client_limits: u64 = summary
        .errors
        .iter()
        .filter(|error| ErrorKind::is_client_limit(error.kind))
        .map(|error| error.count)
        .sum();
    if client_limits > 0 {
        let to = grade_of_loss(client_limits);
        worse(
            to,
            format!(
                "{client_limits} requests failed because this machine ran out of ports or descriptors; keep \
                 connections alive, raise `ulimit -n`, or widen net.ipv4.ip_local_port_range"
            ),
        );
    }
    if let Some(longest_ms) =
        summary.latency.send_lag.exact(Figure::Max).filter(|longest| *longest > STALL_MS)
    {
        let stalled = format!(
            "the client stood still once: a request left {:.1} s late; see the run over time, and what else this machine did",
            longest_ms / 1e3
        );
        worse(GeneratorVerdict::Suspect, stalled);
    }
    let send_lag = &summary.latency.send_lag;
    let without_answers = || send_lag.tail().map(|(figure, lag_ms)| (figure, lag_ms, lag_ms));
    let figures = send_lag.common_tail(&summary.latency.response_ok).or_else(without_answers);
    let figures = figures.map(|(figure, lag_ms, response_ms)| ((figure, lag_ms), (figure, response_ms)));
    if let Some((lag, response)) = figures {
        let part = if response.1 > 0.0 { lag.1 / response.1 } else { 0.0 };
        if lag.1 > INVALID_LAG_MS && part > INVALID_SHARE {
            worse(
                GeneratorVerdict::Invalid,
                format!(
                    "requests left late: send lag {} {:.1} ms is {} of the response {} {:.1} ms, so the times are \
                     mostly the client's own; use a lower rate, more --threads or a less busy machine",
                    lag.0,
                    lag.1,
                    percent(part),
                    response.0,
                    response.1
                ),
            );
        } else if lag.1 > NOISE_MS && part > SUSPECT_SHARE {
            worse(
                GeneratorVerdict::Suspect,
                format!(
                    "requests left late: send lag {} {:.2} ms is {} of the response {} {:.2} ms",
                    lag.0,
                    lag.1,
                    percent(part),
                    response.0,
                    response.1
                ),
            );
        }
    }
    if verdict == GeneratorVerdict::Valid {
        let lag = send_lag.tail();
        reasons.push(match lag {
            Some((name, lag_ms)) if summary.plan.mode == Mode::Closed => {
                format!("no user was held up by the client: send lag {name} {lag_ms:.3} ms")
            }
            Some((name, lag_ms)) => {
                format!("the schedule was held: no arrival missed, send lag {name} {lag_ms:.3} ms")
            }
            None => "too few requests were sent to judge the send lag".to_owned(),
        });
    }
    (verdict, reasons)
}
