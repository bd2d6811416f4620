//! Did the generator do its part? The evidence, weighed.

use super::client::client_saturated;
use super::reasons::{GeneratorReason, share};
use super::shards::{is_worse, judge_shards};
use crate::measure::ErrorKind;
use crate::result::{Figure, GeneratorVerdict, Mode, Rates, Summary};

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

/// What the loss of so many arrivals that the client is to blame for makes of a result.
fn grade_of_loss(lost: u64, offered: u64) -> GeneratorVerdict {
    if share(lost, offered) > INVALID_LOSS { GeneratorVerdict::Invalid } else { GeneratorVerdict::Suspect }
}

/// What a send lag makes of a result, beside the same percentile of the response.
fn grade_of_lag(lag_ms: f64, response_ms: f64) -> GeneratorVerdict {
    let part = part_of(lag_ms, response_ms);
    if lag_ms > INVALID_LAG_MS && part > INVALID_SHARE {
        GeneratorVerdict::Invalid
    } else if lag_ms > NOISE_MS && part > SUSPECT_SHARE {
        GeneratorVerdict::Suspect
    } else {
        GeneratorVerdict::Valid
    }
}

fn part_of(lag_ms: f64, response_ms: f64) -> f64 {
    if response_ms > 0.0 { lag_ms / response_ms } else { 0.0 }
}

/// What is known of the client while a run goes on. How busy it was, and whether it overran its time, is known at the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientSoFar {
    /// Arrivals that were due.
    pub offered: u64,
    /// Those that it was too late for.
    pub missed: u64,
    /// Requests that failed for want of ports or descriptors.
    pub client_limits: u64,
    /// The longest send lag, in milliseconds.
    pub longest_lag_ms: f64,
    /// The p99 of the send lag and of the response, in milliseconds.
    pub p99_ms: Option<(f64, f64)>,
}

impl ClientSoFar {
    /// What would become of the generator, were this the end.
    pub(crate) fn verdict(&self) -> GeneratorVerdict {
        let lost = self.missed + self.client_limits;
        let of_loss = if lost > 0 { grade_of_loss(lost, self.offered) } else { GeneratorVerdict::Valid };
        let of_lag =
            self.p99_ms.map_or(GeneratorVerdict::Valid, |(lag, response)| grade_of_lag(lag, response));
        let has_stalled = self.longest_lag_ms > STALL_MS;
        match (of_loss, of_lag) {
            (GeneratorVerdict::Invalid, _) | (_, GeneratorVerdict::Invalid) => GeneratorVerdict::Invalid,
            (GeneratorVerdict::Valid, GeneratorVerdict::Valid) if !has_stalled => GeneratorVerdict::Valid,
            _ => GeneratorVerdict::Suspect,
        }
    }
}

/// Whether the generator held the schedule, and the evidence.
pub(super) fn judge_generator(summary: &Summary) -> (GeneratorVerdict, Vec<GeneratorReason>) {
    let ledger = &summary.ledger;
    let mut verdict = GeneratorVerdict::Valid;
    let grade_of_loss = |lost: u64| grade_of_loss(lost, ledger.offered());
    let mut reasons = Vec::new();
    let mut worse = |to: GeneratorVerdict, reason: GeneratorReason| {
        if to == GeneratorVerdict::Invalid || verdict == GeneratorVerdict::Valid {
            verdict = to;
        }
        reasons.push(reason);
    };
    if let Some(saturated) = client_saturated(summary) {
        worse(GeneratorVerdict::Invalid, saturated);
    }
    if ledger.missed > 0 {
        let reason = GeneratorReason::Missed { missed: ledger.missed, offered: ledger.offered() };
        worse(grade_of_loss(ledger.missed), reason);
    }
    let (rates, planned_s) = (&summary.rates, summary.plan.duration_s);
    if summary.plan.mode == Mode::Open && rates.window_s > planned_s * (1.0 + OVERRUN) {
        let Rates { window_s: took_s, sent_per_s, offered_per_s, .. } = *rates;
        worse(
            GeneratorVerdict::Invalid,
            GeneratorReason::Overrun { took_s, planned_s, sent_per_s, offered_per_s },
        );
    }
    if summary.plan.is_cap_lowered && ledger.overflow > 0 {
        let reason = GeneratorReason::CapLowered {
            overflow: ledger.overflow,
            offered: ledger.offered(),
            cap: summary.plan.max_in_flight,
        };
        worse(grade_of_loss(ledger.overflow), reason);
    }
    let limits = summary.errors.iter().filter(|error| ErrorKind::is_client_limit(error.kind));
    let requests: u64 = limits.map(|error| error.count).sum();
    if requests > 0 {
        worse(grade_of_loss(requests), GeneratorReason::ClientLimits { requests });
    }
    let send_lag = &summary.latency.send_lag;
    if let Some(longest_ms) = send_lag.exact(Figure::Max).filter(|longest| *longest > STALL_MS) {
        worse(GeneratorVerdict::Suspect, GeneratorReason::Stalled { longest_ms });
    }
    let without_answers = || send_lag.tail().map(|(figure, lag_ms)| (figure, lag_ms, lag_ms));
    let figures = send_lag.common_tail(&summary.latency.response_ok).or_else(without_answers);
    if let Some((figure, lag_ms, response_ms)) = figures {
        let part = part_of(lag_ms, response_ms);
        let late = |mostly| GeneratorReason::Late {
            lag: (figure, lag_ms),
            response: (figure, response_ms),
            part,
            mostly,
        };
        match grade_of_lag(lag_ms, response_ms) {
            GeneratorVerdict::Invalid => worse(GeneratorVerdict::Invalid, late(true)),
            GeneratorVerdict::Suspect => worse(GeneratorVerdict::Suspect, late(false)),
            GeneratorVerdict::Valid => {}
        }
    }
    let of_shards = summary.merged.as_ref().map_or_else(Vec::new, |merged| judge_shards(merged, verdict));
    for (of_shards, reason) in of_shards.into_iter().rev() {
        if is_worse(of_shards, verdict) {
            verdict = of_shards;
        }
        // The first reason is the one that is told.
        reasons.insert(0, reason);
    }
    if verdict == GeneratorVerdict::Valid {
        let on_time = |lag| GeneratorReason::OnTime { mode: summary.plan.mode, lag };
        reasons.push(send_lag.tail().map_or(GeneratorReason::TooFew, on_time));
    }
    (verdict, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_judged_under_way_as_at_the_end() {
        let fine = ClientSoFar {
            offered: 10_000,
            missed: 0,
            client_limits: 0,
            longest_lag_ms: 3.0,
            p99_ms: Some((0.1, 20.0)),
        };
        let verdict = |client: ClientSoFar| client.verdict();
        assert_eq!(verdict(fine), GeneratorVerdict::Valid);
        assert_eq!(verdict(ClientSoFar { p99_ms: None, ..fine }), GeneratorVerdict::Valid);
        assert_eq!(verdict(ClientSoFar { missed: 1, ..fine }), GeneratorVerdict::Suspect);
        assert_eq!(verdict(ClientSoFar { client_limits: 101, ..fine }), GeneratorVerdict::Invalid);
        assert_eq!(verdict(ClientSoFar { longest_lag_ms: 1_001.0, ..fine }), GeneratorVerdict::Suspect);
        assert_eq!(verdict(ClientSoFar { p99_ms: Some((3.0, 20.0)), ..fine }), GeneratorVerdict::Suspect);
        assert_eq!(verdict(ClientSoFar { p99_ms: Some((15.0, 20.0)), ..fine }), GeneratorVerdict::Invalid);
    }
}
