//! What was run, what to believe of it, and what became of every arrival.

use super::super::Style;
use super::layout::{LABEL, Tone, labelled, paint, table, with_label, wrap, wrapped};
use super::numbers::{
    asked_rate, bytes, count, counted, factor, ms, or_dash, percent, percent_of, rate, seconds,
};
use super::phases;
use crate::result::{Conclusion, Figure, GeneratorVerdict, Mode, ServiceVerdict, Subject, Summary};
use crate::schedule::Arrivals;

/// What was run, in two lines, and in a third that it was cut short.
pub(super) fn headline(summary: &Summary, style: &Style) -> String {
    let plan = &summary.plan;
    let spacing = match plan.arrivals {
        Some(Arrivals::Poisson) => format!("Poisson (seed {})", plan.seed),
        Some(Arrivals::Replay) => {
            let highest = plan.phases.iter().map(|phase| phase.highest_per_s).fold(0.0, f64::max);
            format!("with {} at most", asked_rate(highest))
        }
        _ => "evenly spaced".to_owned(),
    };
    let what = match plan.mode {
        Mode::Open => format!("open loop: {} {spacing}", phases::asked(plan)),
        Mode::Closed => closed_loop(summary),
    };
    let cap = match (plan.mode, plan.queue) {
        (Mode::Closed, _) => String::new(),
        (Mode::Open, 0) => format!(", cap {} in flight", count(plan.max_in_flight)),
        (Mode::Open, waiting) => {
            format!(", cap {} in flight, {} may wait", count(plan.max_in_flight), count(waiting))
        }
    };
    let length = if plan.requests.is_some() { "in" } else { "for" };
    let mut text = wrapped_headline(&format!(
        "{} {}, {what} {length} {}, {}{cap}",
        summary.tool.name,
        summary.tool.version,
        seconds(plan.duration_s),
        counted(plan.threads, "thread")
    ));
    let config = plan.config.as_ref().map_or_else(String::new, |config| format!(", flags from {config}"));
    let started = &summary.started_at;
    text += &wrapped_headline(&format!("{} {}, started {started}{config}", plan.method, plan.target));
    if plan.traffic.tls_verification == Some(false) {
        let sign = paint("INSECURE", Tone::Bad, style);
        text += &format!("{sign}: certificates were NOT checked, so nobody knows who answered\n");
    }
    if summary.interrupted {
        let sign = paint("INTERRUPTED", Tone::Bad, style);
        let of_planned = match plan.requests {
            Some(_) => String::new(),
            None => format!(" of {}", seconds(plan.duration_s)),
        };
        let missing = match summary.ledger.cancelled {
            0 => String::new(),
            never => format!("{} {}s were never due; ", count(never), summary.noun()),
        };
        text += &format!(
            "{sign} after {}{of_planned}: {missing}the figures are over {}{}\n",
            seconds(summary.rates.window_s),
            if missing.is_empty() { "" } else { "the other " },
            count(summary.ledger.offered())
        );
    }
    text
}

/// What was asked of a closed loop.
fn closed_loop(summary: &Summary) -> String {
    let plan = &summary.plan;
    let users = counted(plan.concurrency.unwrap_or_default(), "user");
    let requests = plan.requests.map_or_else(String::new, |n| format!(", {} {}s", count(n), summary.noun()));
    let think = plan.think_time_s.filter(|s| *s > 0.0);
    let think = think.map_or_else(String::new, |s| format!(", {} to think", seconds(s)));
    format!("closed loop: {users}{think}{requests}")
}

/// Both judgements, their evidence, and what queueing added.
pub(super) fn verdicts(summary: &Summary, style: &Style) -> String {
    let (generator, tone) = match summary.verdict.generator {
        GeneratorVerdict::Valid => ("VALID: the figures are the service's", Tone::Good),
        GeneratorVerdict::Suspect => ("SUSPECT: part of the figures may be the client's own", Tone::Doubtful),
        GeneratorVerdict::Invalid => {
            ("INVALID: the figures say more about the client than about the service", Tone::Bad)
        }
    };
    let mut text = labelled("Generator", &sentence(generator, tone, style));
    for reason in summary.verdict.texts_on(Subject::Generator) {
        text += &wrapped("- ", reason);
    }
    let (service, tone) = match summary.verdict.service {
        ServiceVerdict::KeepingUp => ("KEEPING UP: it answered as fast as requests came", Tone::Good),
        // What looks like growth, and is not beyond doubt.
        ServiceVerdict::Saturated if summary.verdict.result == Some(Conclusion::AtTheLimit) => {
            ("AT THE LIMIT: it seems to fall behind, which this run cannot tell", Tone::Doubtful)
        }
        ServiceVerdict::Saturated => ("SATURATED: it did not keep up with the offered rate", Tone::Bad),
        ServiceVerdict::Unknown => ("UNKNOWN: this run cannot tell whether it kept up", Tone::Doubtful),
    };
    text += &labelled("Service", &sentence(service, tone, style));
    for reason in summary.verdict.texts_on(Subject::Service) {
        text += &wrapped("- ", reason);
    }
    text + &queueing(summary)
}

fn queueing(summary: &Summary) -> String {
    let queueing = &summary.queueing;
    let is_closed = summary.plan.mode == Mode::Closed;
    let end = if is_closed { format!("last {} left", summary.noun()) } else { "schedule ended".to_owned() };
    let mut in_flight = format!(
        "in flight: at most {}, {} when the {end}",
        count(queueing.in_flight_peak),
        count(queueing.in_flight_end)
    );
    if queueing.queued_end > 0 {
        in_flight += &format!(", {} more waiting for the cap", count(queueing.queued_end));
    }
    if let Some(growth) = queueing.backlog_growth_per_s.filter(|_| !is_closed) {
        let sign = if growth >= 0.0 { "+" } else { "" };
        in_flight += &format!("; backlog {sign}{}", rate(growth));
    }
    let mut lines = wrapped("", &amplification(summary)) + &wrapped("", &in_flight);
    if let Some(law) = littles_law(summary) {
        lines += &wrapped("", &law);
    }
    with_label("Queueing", &lines)
}

/// How many times the idle service's time the response is, and where it waited.
fn amplification(summary: &Summary) -> String {
    let queueing = &summary.queueing;
    let Some(idle) = &queueing.idle else {
        return "amplification unknown: there is no idle baseline".to_owned();
    };
    let figures = [
        (Figure::Mean, queueing.amplification_mean),
        (Figure::P50, queueing.amplification_p50),
        (Figure::P99, queueing.amplification_p99),
    ];
    let told = figures
        .into_iter()
        .filter_map(|(name, value)| value.written(factor).map(|factor| format!("{name} {factor}")));
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return "amplification unknown: too few good answers".to_owned();
    }
    let idle_ms = idle.exact(Figure::Mean).map_or_else(String::new, |mean| format!(" {} ms", ms(mean)));
    let mut text = format!(
        "{} of the idle service's{idle_ms} (mean of {})",
        told.join(", "),
        counted(idle.count, "request")
    );
    let parts = [
        ("in the client", queueing.in_client_mean_ms),
        ("in the service", queueing.in_service_mean_ms),
        ("in front of the application, as its Server-Timing says", queueing.in_front_mean_ms),
    ];
    let told = parts.iter().filter_map(|(place, part)| Some(format!("{} ms {place}", ms((*part)?))));
    let waited: Vec<String> = told.collect();
    if !waited.is_empty() {
        text += &format!("; waited on average {}", waited.join(", "));
    }
    text
}

/// Arrivals in flight by Little's law (J. D. C. Little, 1961), beside what was seen: the two agree, or something is wrong.
fn littles_law(summary: &Summary) -> Option<String> {
    let per_s = summary.rates.completed_per_s;
    let latency = &summary.latency;
    let in_service_ms = latency.response_ok.exact(Figure::Mean)?;
    let rows = &summary.series;
    if rows.len() < 2 || summary.ledger.ok < summary.ledger.sent {
        return None;
    }
    let levels = rows.iter().map(|row| row.in_flight.saturating_add(row.queued) as f64);
    let seen = levels.sum::<f64>() / rows.len() as f64;
    let what = if summary.steps.is_empty() { String::new() } else { format!("{}s ", summary.noun()) };
    Some(format!(
        "Little's law: {} x {} ms = {} {what}under way on average; {} were seen",
        rate(per_s),
        ms(in_service_ms),
        ms(per_s * in_service_ms / 1e3),
        ms(seen)
    ))
}

/// Both sums of the ledger, and a line for each way in which an arrival failed.
pub(super) fn ledger(summary: &Summary) -> String {
    let (ledger, plan) = (&summary.ledger, &summary.plan);
    let sum = |total: u64, of: &str, parts: &[(u64, &str)]| {
        let parts: Vec<String> = parts
            .iter()
            .enumerate()
            .filter(|(i, (n, _))| *i == 0 || *n > 0)
            .map(|(_, (n, name))| format!("{} {name}", count(*n)))
            .collect();
        format!("{} {of} = {}", count(total), parts.join(" + "))
    };
    let planned = sum(
        ledger.planned,
        "planned",
        &[
            (ledger.sent, "sent"),
            (ledger.overflow, "overflow"),
            (ledger.missed, "missed"),
            (ledger.cancelled, "cancelled"),
        ],
    );
    let sent = sum(
        ledger.sent,
        "sent",
        &[
            (ledger.ok, "ok"),
            (ledger.http_error, "HTTP errors"),
            (ledger.timeout, "timeouts"),
            (ledger.connection_error, "connection errors"),
            (ledger.unfinished, "unfinished"),
        ],
    );
    let label = match summary.noun() {
        "session" => "Sessions",
        "arrival" => "Arrivals",
        _ => "Requests",
    };
    let mut text = with_label(label, &wrapped("", &planned)) + &wrapped("", &sent);
    let late = plan.deadline_s.map_or_else(String::new, |s| format!("good, but later than {}", seconds(s)));
    let lines = [
        (
            "overflow",
            ledger.overflow,
            ledger.offered(),
            "offered",
            if plan.queue > 0 {
                format!("still waited at the end, or found {} waiting for the cap", count(plan.queue))
            } else {
                format!("found the cap of {} in flight full", count(plan.max_in_flight))
            },
        ),
        (
            "missed",
            ledger.missed,
            ledger.planned,
            "planned",
            "the client was too late to send them".to_owned(),
        ),
        (
            "cancelled",
            ledger.cancelled,
            ledger.planned,
            "planned",
            "not sent, because the run was interrupted".to_owned(),
        ),
        (
            "HTTP errors",
            ledger.http_error,
            ledger.sent,
            "sent",
            "complete answers that are not good".to_owned(),
        ),
        ("  throttled", ledger.throttled, ledger.sent, "sent", "429, or 503 with Retry-After".to_owned()),
        (
            "  wrong body",
            ledger.unexpected_body,
            ledger.sent,
            "sent",
            "the status is good, the body is not".to_owned(),
        ),
        (
            "timeouts",
            ledger.timeout,
            ledger.sent,
            "sent",
            format!("no complete answer within {}", seconds(plan.timeout_s)),
        ),
        (
            "conn. errors",
            ledger.connection_error,
            ledger.sent,
            "sent",
            "the connection failed or broke".to_owned(),
        ),
        (
            "unfinished",
            ledger.unfinished,
            ledger.sent,
            "sent",
            format!("no end within the drain limit of {}", seconds(plan.drain_s)),
        ),
        ("late", ledger.late, ledger.ok, "ok", late),
    ];
    let rows: Vec<(String, String)> = lines
        .into_iter()
        .filter(|(_, part, ..)| *part > 0)
        .map(|(name, part, whole, of, why)| {
            let share = format!("{} of {of}", percent_of(part, whole));
            (format!("{name:12} {:>9}  {share:>18}", count(part)), why)
        })
        .collect();
    for (figures, why) in rows {
        text += &labelled("", &format!("  {figures}  {why}"));
    }
    text
}

/// Rates side by side: what was asked of the service, and what it did.
pub(super) fn rates(summary: &Summary) -> String {
    let rates = &summary.rates;
    let share = |share: Option<f64>| or_dash(share, percent);
    let columns = [
        ("offered", rate(rates.offered_per_s)),
        ("sent", rate(rates.sent_per_s)),
        ("completed", rate(rates.completed_per_s)),
        ("ok", rate(rates.ok_per_s)),
        ("HTTP errors", share(rates.error_rate)),
        ("failures", share(rates.failure_rate)),
        ("overflow", percent(rates.overflow_rate)),
        ("body", bytes(summary.body_bytes)),
    ];
    let mut head = vec![format!("{:LABEL$}", "Rates")];
    let mut figures = vec![format!("in {}", seconds(rates.window_s))];
    for (name, figure) in columns {
        head.push(name.to_owned());
        figures.push(figure);
    }
    table(&[head, figures])
}

/// A sentence whose first words, up to the colon, carry the verdict.
fn sentence(text: &str, tone: Tone, style: &Style) -> String {
    let (verdict, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
    format!("{}{rest}", paint(verdict, tone, style))
}

/// A headline from the left margin: only a very long target is wrapped.
fn wrapped_headline(text: &str) -> String {
    wrap("", text, 0)
}
