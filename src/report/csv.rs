//! A table with one row per run, and below it one for each of its endpoints where it has several: first the columns of
//! the usual closed-loop table, under the same names and in the same order, so that both can stand in one sheet; then what an open loop knows besides.
//!
//! All times are in milliseconds (`_ms`), all rates of requests per second (`_per_s`), all shares between 0 and 1
//! (`_rate`). An empty field: not applicable, or the sample cannot support the figure. A lower bound is written
//! `>10000`, so that no spreadsheet takes it for a measured number; `lower_bounds` names all such columns.
//!
//! | Column | Meaning |
//! |---|---|
//! | `scenario` | name of the run |
//! | `concurrency` | users of a closed loop; empty for an open loop, which has none |
//! | `total_requests` | requests sent |
//! | `rps` | open loop: complete answers per second, as `completed_per_s`; closed loop: all requests / the time to the last answer |
//! | `error_rate`, `failure_rate` | HTTP errors / sent, (timeouts + connection errors) / sent |
//! | `avg_ms` ... `p99_ms` | response time over all planned arrivals, from the intended time; in a closed loop a request is intended when its user is ready |
//! | `mode`, `arrivals` | `open` or `closed`; `constant` or `poisson`, empty for a closed loop |
//! | `rate_per_s`, `duration_s` | as planned; a closed loop has no rate |
//! | `offered_per_s` ... `ok_per_s` | offered, sent, completed and good rate over the window |
//! | `planned` ... `unfinished` | the ledger |
//! | `overflow_rate` | overflow / arrivals that became due |
//! | `response_p50_ms` ... `response_p99_99_ms` | the percentiles that the closed-loop table has not |
//! | `response_ok_p50_ms`, `response_ok_p99_ms` | response time over good answers alone |
//! | `service_mean_ms` ... `service_max_ms` | service time over good answers, from the actual send |
//! | `send_lag_p99_ms`, `slot_wait_p99_ms` | the client's lateness; the wait for the cap |
//! | `amplification_p99`, `amplification_mean` | response / idle service time |
//! | `in_flight_peak`, `in_flight_end` | requests |
//! | `generator`, `service` | the verdicts |
//! | `slos_failed` | objectives that failed |
//! | `interrupted` | `true` or `false` |
//! | `lower_bounds` | names of the columns that hold lower bounds, apart by spaces |
//! | `throttled`, `unexpected_body` | of `http_error`: the server limits the rate; the body is not the expected one |
//! | `endpoint` | name of the endpoint that the row is about; empty in the row of the whole run |
//! | `tls_verification` | `false` when certificates were not checked; empty without TLS |
//! | `result` | what the run amounts to: `keeping_up`, `at_the_limit`, `too_much`, `failing`, `died`, `not_tested`, `client_limit`, `closed_loop` |
//! | `size_min_bytes` ... `size_max_bytes` | body bytes of good answers as they came (compressed, if they were) |
//!
//! A row of an endpoint has its own counts, rates and times. What is said of the whole run only (the amplification, the
//! backlog, the verdicts, the objectives) is empty there; what was planned for the run is repeated.

use super::reporter::Reporter;
use super::text::brief;
use super::{compare, sweep};
use crate::measure::{Ledger, Measured};
use crate::result::{
    AnswerSizes, EndpointSummary, Figure, GeneratorVerdict, Latency, LatencyStats, Mode, Rates,
    ServiceVerdict, Summary, name_of,
};
use crate::schedule::Arrivals;

/// One row for each result; a comparison has columns of its own.
pub(super) const REPORTER: Reporter = Reporter {
    name: "csv",
    extension: "csv",
    help: "One header and one row",
    escapes_controls: false,
    result: Some(|summary, _| render(summary)),
    runs: Some(|runs, _| table(runs.runs.iter().map(|run| (run.name.as_str(), &run.result)))),
    sweep: Some(|rates, _| {
        let named: Vec<_> = rates.rungs.iter().map(|rung| (sweep::name(rung), &rung.result)).collect();
        table(named.iter().map(|(name, result)| (name.as_str(), *result)))
    }),
    comparison: Some(|comparison, _| compare::csv::render(comparison)),
};

/// One named field of a row.
struct Field {
    column: &'static str,
    text: String,
    lower_bound: bool,
}

/// The table of a single run, under a name made of its plan.
pub(crate) fn render(summary: &Summary) -> String {
    table([(name_of(summary).as_str(), summary)])
}

/// A table of several runs, each with its name. Without runs it is empty.
pub(crate) fn table<'a>(runs: impl IntoIterator<Item = (&'a str, &'a Summary)>) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |record: Vec<&str>| {
        writer.write_record(record).expect("memory takes every record, and all rows have the same columns");
    };
    let mut header_written = false;
    for (scenario, summary) in runs {
        let endpoints = summary.endpoints.iter().map(Part::of_endpoint);
        for part in std::iter::once(Part::of_run(summary)).chain(endpoints) {
            let fields = fields(scenario, summary, &part);
            if !header_written {
                write(fields.iter().map(|field| field.column).collect());
                header_written = true;
            }
            write(fields.iter().map(|field| field.text.as_str()).collect());
        }
    }
    let bytes = writer.into_inner().expect("memory can always be flushed");
    String::from_utf8(bytes).expect("every field is text")
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// What a row is about: a whole run, or one endpoint's part of it.
struct Part<'a> {
    ledger: &'a Ledger,
    rates: &'a Rates,
    latency: &'a Latency,
    sizes: &'a AnswerSizes,
    /// Name of the endpoint; `None` for the whole run.
    endpoint: Option<&'a str>,
}

impl<'a> Part<'a> {
    fn of_run(summary: &'a Summary) -> Self {
        let Summary { ledger, rates, latency, sizes, .. } = summary;
        Self { ledger, rates, latency, sizes, endpoint: None }
    }

    fn of_endpoint(endpoint: &'a EndpointSummary) -> Self {
        let EndpointSummary { name, ledger, rates, latency, sizes, .. } = endpoint;
        Self { ledger, rates, latency, sizes, endpoint: Some(name) }
    }
}

fn fields(scenario: &str, summary: &Summary, part: &Part<'_>) -> Vec<Field> {
    let plan = &summary.plan;
    let Part { ledger, rates, latency, endpoint, .. } = *part;
    // What only a whole run has.
    let of_run = |text: String| if endpoint.is_none() { text } else { String::new() };
    let mut row = Row(Vec::new());
    row.text("scenario", scenario);
    row.text("concurrency", optional(plan.concurrency));
    row.text("total_requests", ledger.sent);
    row.number("rps", rates.requests_per_s(plan.mode, ledger.sent));
    row.share("error_rate", rates.error_rate);
    row.share("failure_rate", rates.failure_rate);
    let response = [
        ("avg_ms", Figure::Mean),
        ("min_ms", Figure::Min),
        ("max_ms", Figure::Max),
        ("p90_ms", Figure::P90),
        ("p95_ms", Figure::P95),
    ];
    row.times(&latency.response, &response);
    row.times(&latency.response, &[("p99_ms", Figure::P99)]);

    row.text(
        "mode",
        match plan.mode {
            Mode::Open => "open",
            Mode::Closed => "closed",
        },
    );
    row.text(
        "arrivals",
        match plan.arrivals {
            Some(Arrivals::Constant) => "constant",
            Some(Arrivals::Poisson) => "poisson",
            Some(Arrivals::Replay) => "replay",
            None => "",
        },
    );
    row.text("rate_per_s", optional(plan.rate_per_s));
    row.text("duration_s", plan.duration_s);
    row.number("offered_per_s", rates.offered_per_s);
    row.number("sent_per_s", rates.sent_per_s);
    row.number("completed_per_s", rates.completed_per_s);
    row.number("ok_per_s", rates.ok_per_s);
    for (column, count) in [
        ("planned", ledger.planned),
        ("sent", ledger.sent),
        ("overflow", ledger.overflow),
        ("missed", ledger.missed),
        ("cancelled", ledger.cancelled),
        ("ok", ledger.ok),
        ("http_error", ledger.http_error),
        ("timeout", ledger.timeout),
        ("connection_error", ledger.connection_error),
        ("unfinished", ledger.unfinished),
    ] {
        row.text(column, count);
    }
    row.share("overflow_rate", Some(rates.overflow_rate));
    let response = [
        ("response_p50_ms", Figure::P50),
        ("response_p99_9_ms", Figure::P99_9),
        ("response_p99_99_ms", Figure::P99_99),
    ];
    row.times(&latency.response, &response);
    row.times(
        &latency.response_ok,
        &[("response_ok_p50_ms", Figure::P50), ("response_ok_p99_ms", Figure::P99)],
    );
    let service = [
        ("service_mean_ms", Figure::Mean),
        ("service_p50_ms", Figure::P50),
        ("service_p90_ms", Figure::P90),
        ("service_p95_ms", Figure::P95),
        ("service_p99_ms", Figure::P99),
        ("service_p99_9_ms", Figure::P99_9),
        ("service_p99_99_ms", Figure::P99_99),
        ("service_max_ms", Figure::Max),
    ];
    row.times(&latency.service, &service);
    row.times(&latency.send_lag, &[("send_lag_p99_ms", Figure::P99)]);
    row.times(&latency.slot_wait, &[("slot_wait_p99_ms", Figure::P99)]);
    let queueing = &summary.queueing;
    for (column, value) in [
        ("amplification_p99", queueing.amplification_p99),
        ("amplification_mean", queueing.amplification_mean),
    ] {
        row.figure(column, if endpoint.is_none() { value } else { Measured::Unknown });
    }
    row.text("in_flight_peak", of_run(queueing.in_flight_peak.to_string()));
    row.text("in_flight_end", of_run(queueing.in_flight_end.to_string()));
    row.text(
        "generator",
        of_run(
            match summary.verdict.generator {
                GeneratorVerdict::Valid => "valid",
                GeneratorVerdict::Suspect => "suspect",
                GeneratorVerdict::Invalid => "invalid",
            }
            .to_owned(),
        ),
    );
    row.text(
        "service",
        of_run(
            match summary.verdict.service {
                ServiceVerdict::KeepingUp => "keeping_up",
                ServiceVerdict::Saturated => "saturated",
                ServiceVerdict::Unknown => "unknown",
            }
            .to_owned(),
        ),
    );
    row.text("slos_failed", of_run(summary.slos.iter().filter(|slo| !slo.passed).count().to_string()));
    row.text("interrupted", summary.interrupted);
    let bounds: Vec<&str> =
        row.0.iter().filter(|field| field.lower_bound).map(|field| field.column).collect();
    let bounds = bounds.join(" ");
    row.text("lower_bounds", bounds);
    row.text("throttled", ledger.throttled);
    row.text("unexpected_body", ledger.unexpected_body);
    row.text("endpoint", endpoint.unwrap_or_default());
    row.text(
        "tls_verification",
        plan.traffic.tls_verification.map_or("", |on| if on { "true" } else { "false" }),
    );
    row.text("result", of_run(brief::concluded(summary).conclusion.code().to_owned()));
    for (column, figure) in SIZE_COLUMNS.into_iter().zip(part.sizes.wire.figures()) {
        row.text(column, optional(figure.map(|bytes| (bytes * 1e3).round() / 1e3)));
    }
    row.0
}

/// Of good answers, as they came.
const SIZE_COLUMNS: [&str; 6] = [
    "size_min_bytes",
    "size_mean_bytes",
    "size_p50_bytes",
    "size_p90_bytes",
    "size_p99_bytes",
    "size_max_bytes",
];

/// A row in the making.
struct Row(Vec<Field>);

impl Row {
    fn text(&mut self, column: &'static str, text: impl ToString) {
        self.0.push(Field { column, text: text.to_string(), lower_bound: false });
    }

    /// To a thousandth: a microsecond, or a request in a quarter of an hour.
    fn figure(&mut self, column: &'static str, value: Measured) {
        let text = value.written(|value| format!("{value:.3}")).unwrap_or_default();
        self.0.push(Field { column, text, lower_bound: value.is_bound() });
    }

    fn number(&mut self, column: &'static str, value: f64) {
        self.figure(column, Measured::Exact(value));
    }

    /// To a millionth: shares are small.
    fn share(&mut self, column: &'static str, value: Option<f64>) {
        self.text(column, value.map_or_else(String::new, |value| format!("{value:.6}")));
    }

    fn times(&mut self, stats: &LatencyStats, columns: &[(&'static str, Figure)]) {
        for (column, figure) in columns {
            self.figure(column, stats.figure(*figure));
        }
    }
}

#[cfg(test)]
mod tests;
