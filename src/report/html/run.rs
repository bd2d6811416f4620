//! The page of one run, and the sections of a run wherever it stands.

use super::charts::{self, Charts};
use super::page::{Banner, Figure as Place, Key, Page, Section, Table, Tone};
use crate::report::text::brief;
use crate::report::text::numbers::{
    count, factor, figure, ms, or_dash, percent, percent_of, plain, rate, seconds,
};
use crate::report::text::{phases, shards, sizes};
use crate::result::{
    Conclusion, EndpointSummary, Figure, GeneratorVerdict, LatencyStats, MergedShards, Mode, PhaseSummary,
    Subject, Summary, name_of,
};

/// The columns of a table of times.
const FIGURES: [Figure; 9] = [
    Figure::Mean,
    Figure::Min,
    Figure::P50,
    Figure::P90,
    Figure::P95,
    Figure::P99,
    Figure::P99_9,
    Figure::P99_99,
    Figure::Max,
];

/// The page of one run.
pub(super) fn page(summary: &Summary) -> Page {
    let charts = charts::of_run(summary, "");
    Page {
        title: format!("{} {}", name_of(summary), summary.plan.target),
        about: about(summary),
        banner: banner(summary),
        keys: keys(summary),
        sections: sections(summary, &charts, ""),
        charts,
    }
}

/// What was asked, when, and by what.
pub(super) fn about(summary: &Summary) -> Vec<String> {
    let plan = &summary.plan;
    let asked = match plan.mode {
        Mode::Open => {
            format!("{} for {}", phases::asked(plan), seconds(plan.duration_s))
        }
        Mode::Closed => format!("{} users", count(plan.concurrency.unwrap_or_default())),
    };
    let name = plan.name.as_ref().map_or_else(String::new, |name| format!("{name}: "));
    let mut about = vec![
        format!("{name}{} {}", plan.method, plan.target),
        format!("{asked}, {} {}s", count(summary.ledger.planned), summary.noun()),
        format!(
            "{} UTC, {} {}",
            summary.started_at.replace('T', " ").trim_end_matches('Z'),
            summary.tool.name,
            summary.tool.version
        ),
    ];
    about.extend(shards::words(summary));
    about
}

pub(super) fn banner(summary: &Summary) -> Banner {
    let concluded = brief::concluded(summary);
    let tone = match concluded.conclusion {
        Conclusion::KeepingUp => Tone::Good,
        Conclusion::AtTheLimit | Conclusion::ClosedLoop => Tone::Doubtful,
        _ => Tone::Bad,
    };
    let doubts: Vec<&str> = summary.verdict.texts_on(Subject::Generator).collect();
    let late = summary.latency.send_lag.tail();
    let trust = match summary.verdict.generator {
        GeneratorVerdict::Valid => {
            let late =
                late.map_or_else(String::new, |(figure, lag)| format!(" ({figure} {} ms late)", ms(lag)));
            format!("yes: the client sent on time{late}")
        }
        GeneratorVerdict::Suspect => format!("partly: {}", doubts.join("; ")),
        GeneratorVerdict::Invalid => format!("no: {}", doubts.join("; ")),
    };
    let mut lines = vec![("Trust".to_owned(), trust)];
    if summary.interrupted {
        lines.push(("Interrupted".to_owned(), "not all that was asked for was run".to_owned()));
    }
    if !concluded.next.is_empty() {
        lines.push(("Next".to_owned(), concluded.next));
    }
    Banner { tone, result: concluded.conclusion.words().to_owned(), evidence: concluded.evidence, lines }
}

/// The figures that everybody looks for.
pub(super) fn keys(summary: &Summary) -> Vec<Key> {
    let (rates, response, queueing) = (&summary.rates, &summary.latency.response, &summary.queueing);
    let key = |label: &str, value: String, note: String| Key { label: label.to_owned(), value, note };
    let offered = match summary.plan.mode {
        Mode::Open => format!("of {} offered", rate(rates.offered_per_s)),
        Mode::Closed => String::new(),
    };
    let of = |wanted: Figure| figure(response.figure(wanted), ms);
    let mut keys = vec![
        key("answered", rate(rates.completed_per_s), offered),
        key("good", rate(rates.ok_per_s), percent_of(summary.ledger.ok, summary.ledger.offered())),
        key("p50", of(Figure::P50), "ms from the planned time".to_owned()),
        key("p99", of(Figure::P99), error_bar(summary)),
        key("p99.9", of(Figure::P99_9), "ms".to_owned()),
    ];
    if let Some(times) = queueing.amplification_mean.exact() {
        let idle = queueing.idle.as_ref().and_then(|idle| idle.exact(Figure::Mean));
        let idle = idle.map_or_else(String::new, |idle| format!("of the idle service's {} ms", ms(idle)));
        keys.push(key("queueing", factor(times), idle));
    }
    keys
}

fn error_bar(summary: &Summary) -> String {
    let interval = summary.intervals.iter().find(|interval| interval.figure == Figure::P99);
    let bounds = interval.and_then(|interval| Some((interval.low_ms?, interval.high_ms?)));
    bounds.map_or_else(|| "ms".to_owned(), |(low, high)| format!("ms, {} to {} (95 %)", ms(low), ms(high)))
}

/// All sections of a run. `prefix` tells its charts from those of other runs on the page.
pub(super) fn sections(summary: &Summary, charts: &Charts, prefix: &str) -> Vec<Section> {
    let mut sections = vec![
        objectives(summary),
        over_time(summary, charts, prefix),
        distribution(summary, charts, prefix),
        answers(summary),
        phases_of(&summary.phases),
        endpoints(&summary.endpoints),
        steps(summary),
        counted_by(summary),
    ];
    sections.extend(summary.merged.as_ref().map(shards_of));
    sections.extend([details(summary), samples(summary)]);
    sections
}

pub(super) fn objectives(summary: &Summary) -> Section {
    let rows = summary.slos.iter().map(|slo| {
        let word = if slo.passed { "ok" } else { "FAILED" };
        vec![slo.slo.clone(), word.to_owned(), brief::measured(slo)]
    });
    Section::new("Objectives").with(Table::new(
        "Objectives of the run",
        &["objective", "verdict", "figure"],
        rows.collect(),
    ))
}

fn places(charts: &Charts, prefix: &str, wanted: &[(&str, &str)]) -> Vec<Place> {
    let id = |name: &str| format!("{prefix}{name}");
    let there = wanted.iter().filter(|(name, _)| charts.contains_key(&id(name)));
    there.map(|(name, label)| Place { id: id(name), label: (*label).to_owned() }).collect()
}

fn over_time(summary: &Summary, charts: &Charts, prefix: &str) -> Section {
    let mut section = Section::new("Over time");
    section.figures = places(
        charts,
        prefix,
        &[
            (
                "response",
                "Response time by the second in which a request was due: median and 99th percentile",
            ),
            (
                "rates",
                "Requests a second: offered, sent, ended (with an answer or without), and good ones by when they were due",
            ),
            ("backlog", "Requests in flight, and requests that wait for the cap"),
            ("heat", "Heat map: how many good answers took how long, over time"),
        ],
    );
    let optional = |value: Option<f64>| or_dash(value, ms);
    let rows = summary.series.iter().map(|row| {
        vec![
            plain(row.t_s),
            count(row.offered),
            count(row.sent),
            count(row.completed),
            count(row.ok),
            count(row.overflow),
            count(row.in_flight),
            count(row.queued),
            optional(row.response_p50_ms),
            optional(row.response_p99_ms),
            optional(row.send_lag_p99_ms),
        ]
    });
    let head = [
        "from s",
        "offered",
        "sent",
        "answered",
        "good",
        "cap full",
        "in flight",
        "waiting",
        "p50 ms",
        "p99 ms",
        "lag p99 ms",
    ];
    section.with(Table::new("Interval by interval", &head, rows.collect()).folded())
}

fn distribution(summary: &Summary, charts: &Charts, prefix: &str) -> Section {
    let mut section = Section::new("Times");
    section.figures = places(charts, prefix, &[("percentiles", "Percentiles of response and service time")]);
    let latency = &summary.latency;
    let all = [
        ("response, all due", &latency.response),
        ("response, good ones", &latency.response_ok),
        ("service", &latency.service),
        ("send lag", &latency.send_lag),
        ("wait for the cap", &latency.slot_wait),
        ("connect", &latency.connect),
        ("first byte", &latency.first_byte),
        ("receive lag", &latency.receive_lag),
    ];
    let mut rows: Vec<Vec<String>> =
        all.iter().filter(|(_, times)| times.count > 0).map(|(name, times)| times_row(name, times)).collect();
    if let Some(idle) = &summary.queueing.idle {
        rows.push(times_row("service when idle", idle));
    }
    rows.extend(
        summary
            .server_timing
            .iter()
            .map(|metric| times_row(&format!("the service says: {}", metric.name), &metric.durations)),
    );
    let mut head = vec!["in ms".to_owned(), "count".to_owned()];
    head.extend(FIGURES.iter().map(ToString::to_string));
    section.tables.push(Table { caption: "Times in milliseconds".to_owned(), head, rows, is_folded: false });
    section
}

fn times_row(name: &str, times: &LatencyStats) -> Vec<String> {
    let figures = FIGURES.iter().map(|wanted| figure(times.figure(*wanted), ms));
    [name.to_owned(), count(times.count)].into_iter().chain(figures).collect()
}

fn answers(summary: &Summary) -> Section {
    let ledger = &summary.ledger;
    let parts = [
        ("planned", ledger.planned),
        ("sent", ledger.sent),
        ("not sent: the cap was full", ledger.overflow),
        ("not sent: the client was late", ledger.missed),
        ("not sent: cancelled", ledger.cancelled),
        ("good answers", ledger.ok),
        ("HTTP errors", ledger.http_error),
        ("timeouts", ledger.timeout),
        ("connection errors", ledger.connection_error),
        ("unfinished", ledger.unfinished),
    ];
    let rows = parts
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(name, n)| vec![(*name).to_owned(), count(*n), percent_of(*n, ledger.planned)]);
    let statuses = summary
        .status_codes
        .iter()
        .map(|(status, n)| vec![status.clone(), count(*n), percent_of(*n, ledger.sent)]);
    let errors = summary
        .errors
        .iter()
        .map(|error| vec![error.kind.describe().to_owned(), count(error.count), error.example.clone()]);
    let sizes = sizes::rows(summary, |name| name.to_owned());
    let what = format!("{}s", summary.noun());
    Section::new(format!("What became of the {what}"))
        .with(Table::new("Ledger", &["what became of them", what.as_str(), "of planned"], rows.collect()))
        .with(Table::new("Answers by status", &["status", "answers", "of sent"], statuses.collect()))
        .with(Table::new("Sizes of good answers, in bytes", &sizes::HEAD, sizes))
        .with(Table::new("Failures", &["kind", what.as_str(), "the first of them"], errors.collect()))
}

/// Good answers by the value of a header.
fn counted_by(summary: &Summary) -> Section {
    let rows = summary.counted_by.iter().map(|one| {
        let mut row = times_row(&one.value, &one.response_ok);
        row.insert(2, percent_of(one.response_ok.count, summary.ledger.ok));
        row
    });
    let mut head = ["value", "count", "share"].map(str::to_owned).to_vec();
    head.extend(FIGURES.iter().map(ToString::to_string));
    let mut section = Section::new("Good answers by the value of a header");
    if !summary.counted_by.is_empty() {
        let caption = "Response times in milliseconds".to_owned();
        section.tables.push(Table { caption, head, rows: rows.collect(), is_folded: false });
    }
    section
}

/// Each phase by itself, where the rate changes.
fn phases_of(all: &[PhaseSummary]) -> Section {
    let table = Table::new("Phases", &phases::COLUMNS, all.iter().map(phases::row).collect());
    Section::new("Phases").with(table)
}

fn endpoints(endpoints: &[EndpointSummary]) -> Section {
    let rows = endpoints.iter().map(|endpoint| {
        let of = |wanted: Figure| figure(endpoint.latency.response.figure(wanted), ms);
        vec![
            endpoint.name.clone(),
            format!("{} {}", endpoint.method, endpoint.target),
            count(endpoint.ledger.planned),
            percent_of(endpoint.ledger.bad(), endpoint.ledger.offered()),
            of(Figure::P50),
            of(Figure::P99),
            of(Figure::Max),
        ]
    });
    let head = ["endpoint", "request", "planned", "bad", "p50 ms", "p99 ms", "max ms"];
    Section::new("Endpoints").with(Table::new("Endpoints", &head, rows.collect()))
}

/// Each step of each session by itself.
fn steps(summary: &Summary) -> Section {
    let rows = summary.steps.iter().map(|step| {
        let of = |wanted: Figure| figure(step.response_ok.figure(wanted), ms);
        vec![
            step.session.clone(),
            step.name.clone(),
            format!("{} {}", step.method, step.target),
            count(step.sent),
            count(step.ok),
            count(step.http_error),
            count(step.failed),
            of(Figure::P50),
            of(Figure::P99),
            of(Figure::Max),
        ]
    });
    let head =
        ["session", "step", "request", "sent", "ok", "HTTP errors", "failed", "p50 ms", "p99 ms", "max ms"];
    Section::new("Steps").with(Table::new(
        "Steps, each from the end of the one before",
        &head,
        rows.collect(),
    ))
}

/// Each client by itself, where there were several.
fn shards_of(merged: &MergedShards) -> Section {
    Section::new("Shards").with(Table::new("Shards", &shards::COLUMNS, shards::rows(merged).collect()))
}

fn details(summary: &Summary) -> Section {
    let (plan, connections) = (&summary.plan, &summary.connections);
    let mut rows = vec![
        ("cap (requests in flight at most)", count(plan.max_in_flight)),
        ("threads", count(plan.threads)),
        ("warm-up", seconds(plan.warmup_s)),
        ("timeout", seconds(plan.timeout_s)),
        ("drain at most", seconds(plan.drain_s)),
        ("seed", plan.seed.to_string()),
        ("connections opened", count(connections.opened)),
        ("connections at once", count(connections.peak)),
        ("requests on a connection already open", or_dash(connections.reuse_rate, percent)),
        ("retries of unsent requests", count(connections.retries)),
    ];
    if let Some(client) = &summary.client {
        rows.push(("the client's busiest thread was busy", percent(client.cpu_share)));
    }
    let rows = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    Section::new("How it was made")
        .with(Table::new("Plan, connections and client", &["what", "value"], rows).folded())
}

fn samples(summary: &Summary) -> Section {
    let rows = summary.samples.iter().map(|sample| {
        vec![
            sample.kind.clone(),
            ms(sample.response_ms),
            plain((sample.intended_s * 1e3).round() / 1e3),
            sample.status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
            sample.error.clone().unwrap_or_default(),
            sample.body.chars().take(200).collect(),
        ]
    });
    let head = ["kind", "response ms", "due at s", "status", "error", "body (redacted)"];
    Section::new("Samples")
        .with(Table::new("Slowest answers and first failures", &head, rows.collect()).folded())
}
