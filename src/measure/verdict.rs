//! Two judgements on a run, each with its evidence: did the generator do its part, and did the service?

use serde::{Deserialize, Serialize};

use super::{ErrorKind, LatencyStats, Mode, Summary};

/// Whether the generator held the schedule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeneratorVerdict {
    /// It did: the figures are the service's.
    #[default]
    Valid,
    /// Nearly: some part of the figures is the client's own.
    Suspect,
    /// It did not: the result says more about the client than about the service.
    Invalid,
}

/// Whether the service kept up with the offered rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceVerdict {
    /// Answers left as fast as requests came.
    #[default]
    KeepingUp,
    /// It fell behind: a longer run would show larger times.
    Saturated,
    /// A closed loop cannot tell: it slows down with the service.
    Unknown,
}

/// Both judgements, and the evidence in words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// On the generator.
    pub generator: GeneratorVerdict,
    /// On the service.
    pub service: ServiceVerdict,
    /// The evidence, one sentence each, beginning with `generator: ` or `service: `.
    pub reasons: Vec<String>,
}

/// Share of planned arrivals that the client may lose before the result is not valid.
const INVALID_LOSS: f64 = 0.01;
/// Share of the planned duration by which the client may overrun it.
const OVERRUN: f64 = 0.01;
/// Send lag p99 (ms) below which lateness is ordinary scheduling noise, whatever it is mixed into.
const NOISE_MS: f64 = 1.0;
/// Send lag p99 (ms) above which it can make a result invalid.
const INVALID_LAG_MS: f64 = 10.0;
/// Share of the response p99 that the send lag p99 may have before a result is suspect, and before it is invalid.
const SUSPECT_SHARE: f64 = 0.1;
const INVALID_SHARE: f64 = 0.5;
/// Share of arrivals that must be completely answered (RFC 9971 speaks of a loss ratio) for a service to keep up.
const ANSWERED: f64 = 0.98;
/// Share of arrivals that may find the cap full.
const OVERFLOWED: f64 = 0.01;
/// Kendall's rank correlation of backlog with time above which the backlog grows. See docs/method.md for the
/// measured rates of false alarm.
const TREND: f64 = 0.6;
/// Blocks that a run is cut into for the trend.
const BLOCKS: usize = 10;
/// Fewest intervals that show a trend.
const FEWEST_FOR_TREND: usize = 4;

/// How a reason on the generator begins.
const ON_GENERATOR: &str = "generator: ";
/// How a reason on the service begins.
const ON_SERVICE: &str = "service: ";

impl Verdict {
    /// The evidence on the generator, without its mark.
    pub fn reasons_on_generator(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().filter_map(|reason| reason.strip_prefix(ON_GENERATOR))
    }

    /// The evidence on the service, without its mark.
    pub fn reasons_on_service(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().filter_map(|reason| reason.strip_prefix(ON_SERVICE))
    }

    /// Judges a summary whose other parts are complete.
    pub fn of(summary: &Summary) -> Self {
        let (generator, on_generator) = judge_generator(summary);
        let (service, on_service) = judge_service(summary);
        let on_generator = on_generator.into_iter().map(|reason| format!("{ON_GENERATOR}{reason}"));
        let on_service = on_service.into_iter().map(|reason| format!("{ON_SERVICE}{reason}"));
        Self { generator, service, reasons: on_generator.chain(on_service).collect() }
    }
}

fn judge_generator(summary: &Summary) -> (GeneratorVerdict, Vec<String>) {
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
    let without_answers = || tail(&summary.latency.send_lag).map(|lag| (lag, lag));
    let figures =
        common_tail(&summary.latency.send_lag, &summary.latency.response_ok).or_else(without_answers);
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
        let lag = tail(&summary.latency.send_lag);
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

fn judge_service(summary: &Summary) -> (ServiceVerdict, Vec<String>) {
    let ledger = &summary.ledger;
    let mut reasons = Vec::new();
    if summary.plan.mode == Mode::Closed {
        let reason = "a closed loop sends only as fast as answers come, so it cannot show whether the service keeps up \
                      with a rate";
        return (ServiceVerdict::Unknown, vec![reason.to_owned()]);
    }
    if ledger.offered() == 0 {
        return (
            ServiceVerdict::KeepingUp,
            vec!["nothing was offered, so nothing is known of the service".to_owned()],
        );
    }
    if share(ledger.overflow, ledger.offered()) > OVERFLOWED {
        reasons.push(format!(
            "{} of the arrivals found the cap of {} in flight full",
            percent(share(ledger.overflow, ledger.offered())),
            summary.plan.max_in_flight
        ));
    }
    // What an interrupt cut off says nothing about the service.
    let cut_off = if summary.interrupted && ledger.completed() > 0 { ledger.unfinished } else { 0 };
    let answered = share(ledger.completed(), ledger.sent - cut_off);
    if ledger.sent > 0 && answered < ANSWERED {
        reasons.push(format!("only {} of the requests sent were completely answered", percent(answered)));
    }
    if backlog_grows(summary) {
        reasons.push(format!(
            "the backlog grew by {:.1} requests a second, to {} at the end: {:.1}/s were completed of {:.1}/s offered",
            summary.queueing.backlog_growth_per_s.unwrap_or(0.0),
            summary.queueing.in_flight_end + summary.queueing.queued_end,
            summary.rates.completed_per_s,
            summary.rates.offered_per_s
        ));
    }
    if reasons.is_empty() {
        let rates = &summary.rates;
        let text = format!(
            "no growing backlog: {:.1}/s were completed of {:.1}/s offered, and {} requests were under way at the end",
            rates.completed_per_s, rates.offered_per_s, summary.queueing.in_flight_end
        );
        return (ServiceVerdict::KeepingUp, vec![text]);
    }
    (ServiceVerdict::Saturated, reasons)
}

/// Whether the backlog (in flight and waiting for the cap) grows with time, beyond what the fastest answer
/// explains (any service with that delay has rate x delay in flight) and beyond a queue's noise, which is of the
/// order of the square root of the arrivals.
fn backlog_grows(summary: &Summary) -> bool {
    let fastest_s = summary.latency.service.min_ms.unwrap_or(0.0) / 1e3;
    let explained = summary.rates.offered_per_s * fastest_s;
    let backlog: Vec<f64> =
        summary.series.iter().map(|row| ((row.in_flight + row.queued) as f64 - explained).max(0.0)).collect();
    let noise = (summary.ledger.offered() as f64).sqrt();
    let Some(last_row) = backlog.last() else {
        return false;
    };
    if backlog.len() < FEWEST_FOR_TREND {
        return *last_row > (3.0 * noise).max(5.0);
    }
    let blocks = block_medians(&backlog, BLOCKS);
    let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
    kendall_tau(&blocks) >= TREND && last >= 2.0 * first && last - first >= (0.3 * noise).max(5.0)
}

/// The medians of consecutive blocks, at most `blocks` of them.
fn block_medians(values: &[f64], blocks: usize) -> Vec<f64> {
    let blocks = blocks.min(values.len());
    (0..blocks)
        .map(|i| {
            let mut block = values[i * values.len() / blocks..(i + 1) * values.len() / blocks].to_vec();
            block.sort_by(f64::total_cmp);
            block[block.len() / 2]
        })
        .collect()
}

/// Kendall's tau of a sequence against its order: 1 for always rising, -1 for always falling (Kendall, 1938).
fn kendall_tau(values: &[f64]) -> f64 {
    let mut balance = 0_i64;
    let mut pairs = 0_i64;
    for (i, later) in values.iter().enumerate() {
        for earlier in &values[..i] {
            balance += i64::from(later > earlier) - i64::from(later < earlier);
            pairs += 1;
        }
    }
    if pairs == 0 { 0.0 } else { balance as f64 / pairs as f64 }
}

/// A percentile's name and its value in milliseconds.
type Figure = (&'static str, f64);

/// The highest figure up to p99 that the sample supports, with its name.
fn tail(stats: &LatencyStats) -> Option<Figure> {
    tails(stats).into_iter().find_map(|(name, value)| value.map(|value| (name, value)))
}

/// The highest figure up to p99 that both samples support, so that like is compared with like.
fn common_tail(a: &LatencyStats, b: &LatencyStats) -> Option<(Figure, Figure)> {
    let mut pairs = tails(a).into_iter().zip(tails(b));
    pairs.find_map(|((name, a), (_, b))| Some(((name, a?), (name, b?))))
}

fn tails(stats: &LatencyStats) -> [(&'static str, Option<f64>); 3] {
    [("p99", stats.p99_ms), ("p90", stats.p90_ms), ("p50", stats.p50_ms)]
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 { format!("{percent:.0} %") } else { format!("{percent:.2} %") }
}
