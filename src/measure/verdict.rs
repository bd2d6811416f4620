//! Two judgements on a run, each with its evidence: did the generator do its part, and did the service?

use serde::{Deserialize, Serialize};

use super::saturation::{Overload, Sign};
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
/// Longest send lag (ms) that no percentile excuses: the client itself stood still.
const STALL_MS: f64 = 1_000.0;
/// Share of the response p99 that the send lag p99 may have before a result is suspect, and before it is invalid.
const SUSPECT_SHARE: f64 = 0.1;
const INVALID_SHARE: f64 = 0.5;
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
    if let Some(longest_ms) = summary.latency.send_lag.max_ms.filter(|longest| *longest > STALL_MS) {
        let stalled = format!(
            "the client stood still once: a request left {:.1} s late; see the run over time, and what else this machine did",
            longest_ms / 1e3
        );
        worse(GeneratorVerdict::Suspect, stalled);
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
            ServiceVerdict::Unknown,
            vec!["nothing was offered, so nothing is known of the service".to_owned()],
        );
    }
    let overload = Overload::of(summary);
    let backlog_grows = overload.signs.iter().any(|sign| matches!(sign, Sign::BacklogGrows { .. }));
    for sign in overload.signs {
        reasons.push(match sign {
            Sign::Overflow { share } => {
                let cap = summary.plan.max_in_flight;
                format!("{} of the arrivals found the cap of {cap} in flight full", percent(share))
            }
            Sign::Unanswered { answered } => {
                format!("only {} of the requests sent were completely answered", percent(answered))
            }
            Sign::BacklogGrows { .. } => format!(
                "the backlog grew by {:.1} requests a second, to {} at the end: {:.1}/s were completed of {:.1}/s offered",
                summary.queueing.backlog_growth_per_s.unwrap_or(0.0),
                summary.queueing.in_flight_end + summary.queueing.queued_end,
                summary.rates.completed_per_s,
                summary.rates.offered_per_s
            ),
            // The same said twice, where the backlog is known to grow.
            Sign::ResponsesGrow { .. } if backlog_grows => continue,
            Sign::ResponsesGrow { from_s, to_s } => format!(
                "answers became slower all the time: the median was {:.1} ms in the first part of the run and {:.1} ms in \
                 the last",
                from_s * 1e3,
                to_s * 1e3
            ),
        });
    }
    if reasons.is_empty() && ledger.ok == 0 && ledger.completed() > 0 {
        let answers: Vec<String> =
            summary.status_codes.iter().map(|(status, count)| format!("{count} x {status}")).collect();
        let text = format!(
            "not one good answer ({}), so nothing is known of the work that the service should do; are the URL and the \
             request right?",
            answers.join(", ")
        );
        return (ServiceVerdict::Unknown, vec![text]);
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
