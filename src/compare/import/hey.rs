//! hey's summary: a closed loop of workers, latency from the send. Requests without an answer are not in its latencies.

use super::Problem;
use super::fields::{Statuses, per_s, share};
use super::text::Report;
use crate::result::{Figure, Loop, Reading};

const HEY: &str = "hey";

pub(super) fn knows(text: &str) -> bool {
    text.contains("Summary:") && text.contains("Slowest:") && text.contains("Requests/sec:")
}

pub(super) fn read(text: &str) -> Result<Vec<Reading>, Problem> {
    let report = Report { tool: HEY, text };
    let mut reading = Reading::of(HEY, Loop::Closed);
    let time = |words: &str| report.millis(words.trim_end_matches(':'), report.required(words)?);
    reading.duration_s = Some(time("Total:")? / 1e3);
    let latency = &mut reading.latency;
    latency.set(Figure::Max, Some(time("Slowest:")?));
    latency.set(Figure::Min, Some(time("Fastest:")?));
    latency.set(Figure::Mean, Some(time("Average:")?));
    for line in section(text, "Latency distribution:") {
        let Some((percent, seconds)) = line.split_once("% in ") else { continue };
        // Versions before 0.1.5 print two percent signs.
        let percent = percent.trim().trim_end_matches('%');
        let ms = report.millis("time of a percentile", seconds)?;
        if let Some(figure) = Figure::percentile(percent) {
            latency.set(figure, Some(ms));
        }
    }
    let mut statuses = Statuses::default();
    for line in section(text, "Status code distribution:") {
        let (code, count) = bracketed(line).ok_or_else(|| Problem::missing(HEY, "status and its count"))?;
        let code = report.count("status", code)?;
        let count = report.count("count of a status", count.trim_end_matches("responses").trim())?;
        statuses.add(i64::try_from(code).unwrap_or(i64::MAX), count);
    }
    for line in section(text, "Error distribution:") {
        // An error's text may go on over several lines.
        if let Some((count, _)) = bracketed(line) {
            statuses.add(0, report.count("count of an error", count)?);
        }
    }
    reading.requests = Some(statuses.all());
    reading.ok = Some(statuses.good);
    reading.completed_per_s = per_s(statuses.answered(), reading.duration_s);
    reading.error_rate = share(statuses.errors, statuses.all());
    reading.failure_rate = share(statuses.none, statuses.all());
    Ok(vec![reading])
}

/// The lines of a section, up to the next empty one.
fn section<'a>(text: &'a str, title: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = text.lines().map(str::trim).skip_while(move |line| *line != title).skip(1);
    lines.take_while(|line| !line.is_empty())
}

/// `[200] 2368 responses` in its two parts.
fn bracketed(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.split_once(']').map(|(inside, behind)| (inside, behind.trim()))
}
