//! h2load's text: a closed loop of clients, latency from the send. Versions up to 1.68 print no percentiles.

use super::Problem;
use super::fields::share;
use super::text::Report;
use crate::result::{Figure, Loop, Reading};

const H2LOAD: &str = "h2load";

pub(super) fn knows(text: &str) -> bool {
    text.contains("finished in ") && text.contains("requests: ") && text.contains("status codes: ")
}

pub(super) fn read(text: &str) -> Result<Vec<Reading>, Problem> {
    let report = Report { tool: H2LOAD, text };
    let mut reading = Reading::of(H2LOAD, Loop::Closed);
    for line in text.lines().filter(|line| line.starts_with("spawning thread #")) {
        // One line for each thread, with its own part of the clients.
        let clients = line.split_once(": ").and_then(|(_, rest)| rest.split_once(" total client(s)"));
        let clients = clients.ok_or_else(|| Problem::missing(H2LOAD, "number of clients"))?.0;
        let clients = report.count("number of clients", clients)?;
        reading.concurrency = Some(reading.concurrency.unwrap_or(0).saturating_add(clients));
    }
    let finished = report.required("finished in ")?;
    let mut parts = finished.split(',').map(str::trim);
    let elapsed_ms = report.millis("duration", parts.next().unwrap_or_default())?;
    let rate = parts.next().and_then(|part| part.strip_suffix(" req/s"));
    let rate = rate.ok_or_else(|| Problem::missing(H2LOAD, "rate (req/s)"))?;
    reading.completed_per_s = Some(report.number("rate", rate)?);
    // With a warm-up, only the main duration is measured.
    let main = text.lines().find_map(|line| line.split_once(" of main duration")).map(|(before, _)| before);
    let main = main.and_then(|before| before.rsplit(' ').next());
    let measured_ms = main.map(|time| report.millis("main duration", time)).transpose()?;
    reading.duration_s = Some(measured_ms.unwrap_or(elapsed_ms) / 1e3);

    let requests = report.required("requests:")?;
    let total =
        report.counted(requests, " total")?.ok_or_else(|| Problem::missing(H2LOAD, "total of requests"))?;
    reading.requests = Some(total);
    reading.ok = report.counted(requests, " succeeded")?;
    // Those that failed are HTTP errors too, those that errored are not; timeouts are among the latter.
    let errored = report.counted(requests, " errored")?;
    reading.failure_rate = errored.and_then(|errored| share(errored, total));
    let statuses = report.required("status codes:")?;
    let (client, server) = (report.counted(statuses, " 4xx")?, report.counted(statuses, " 5xx")?);
    let errors = client.zip(server).map(|(client, server)| client.saturating_add(server));
    reading.error_rate = errors.and_then(|errors| share(errors, total));
    times(&report, &mut reading)?;
    Ok(vec![reading])
}

/// The row of requests, by the names of its columns: versions have different ones.
fn times(report: &Report<'_>, reading: &mut Reading) -> Result<(), Problem> {
    let old = report.behind("time for request:");
    let row = old.or_else(|| report.behind("request ").and_then(|rest| rest.strip_prefix(':')));
    let row = row.ok_or_else(|| Problem::missing(H2LOAD, "times of requests"))?;
    let header = report.text.lines().find(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("min") && words.next() == Some("max")
    });
    let header = header.ok_or_else(|| Problem::missing(H2LOAD, "head of the table of times"))?;
    let latency = &mut reading.latency;
    for (name, time) in header.split_whitespace().zip(row.split_whitespace()) {
        // Also the share within one deviation, which is no time.
        let name = if name == "median" { "med" } else { name };
        if let Ok(figure) = name.parse::<Figure>() {
            latency.set(figure, Some(report.millis(name, time)?));
        }
    }
    Ok(())
}
