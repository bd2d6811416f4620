//! The result in ten seconds: at most 16 lines of 80 columns. What was run, what came out, whether it can be
//! trusted, what failed, how long it took, where the time went, and what to try next.

use super::super::Style;
use super::headline::headline;
use super::layout::{COLUMNS, Tone, fitted, paint, shortened};
use super::numbers::{count, counted, factor, ms, percent, rate, seconds};
use super::strip::sparkline;
use crate::judge::{Concluded, conclude};
use crate::measure::Measured;
use crate::result::{
    Conclusion, Figure, GeneratorVerdict, Mode, SeriesRow, SloResult, StepSummary, Subject, Summary, Unit,
};

/// Most lines.
#[cfg(test)]
pub(crate) const LINES: usize = 16;
/// Width of the labels.
const LABEL: usize = 9;
/// Most objectives that have a line of their own; the failed ones first.
const OBJECTIVES: usize = 2;
/// Shares of the mean response from which on the client's part of it is told, and the same in milliseconds.
const CLIENT_SHARE: f64 = 0.1;
const CLIENT_MS: f64 = 1.0;

/// The whole of it.
pub(super) fn brief(summary: &Summary, style: &Style) -> String {
    let mut text = headline(summary, style);
    text.push('\n');
    text += &result(summary, style);
    text += &trust(summary);
    text += &errors(summary, style);
    text += &sent(summary);
    text += &objectives(summary, style);
    text.push('\n');
    text += &latency(summary);
    text += &trend(summary);
    text += &spent(summary);
    text += &next(summary);
    if style.brief {
        text += &line("more", "--details, or of a saved result: rpsbench report FILE --details");
    }
    text
}

/// The one line that matters most: what the run amounts to.
pub(crate) fn result(summary: &Summary, style: &Style) -> String {
    let Concluded { conclusion, evidence, .. } = concluded(summary);
    let sign = if conclusion == Conclusion::Died { " " } else { ": " };
    let words = conclusion.words();
    let mut text = fitted("RESULT", LABEL, &format!("{words}{sign}{evidence}"), COLUMNS);
    let after = seconds(summary.rates.window_s);
    match &summary.aborted {
        Some(why) => text += &fitted("", LABEL, &format!("aborted after {after}: {why}"), COLUMNS),
        None if summary.interrupted => {
            text += &line("", &format!("interrupted after {after}: the rest was never due"));
        }
        None => {}
    }
    if summary.plan.traffic.tls_verification == Some(false) {
        text += &line("INSECURE", "certificates were NOT checked: nobody knows who answered");
    }
    text.replacen(words, &paint(words, tone(conclusion), style), 1)
}

/// What a result amounts to: as it was saved, or as this version judges one that was saved without.
pub(crate) fn concluded(summary: &Summary) -> Concluded {
    let verdict = &summary.verdict;
    match verdict.result {
        Some(conclusion) => {
            Concluded { conclusion, evidence: verdict.evidence.clone(), next: verdict.next.clone() }
        }
        None => conclude(summary),
    }
}

fn tone(conclusion: Conclusion) -> Tone {
    match conclusion {
        Conclusion::KeepingUp => Tone::Good,
        Conclusion::AtTheLimit | Conclusion::ClosedLoop => Tone::Doubtful,
        Conclusion::TooMuch
        | Conclusion::Failing
        | Conclusion::Died
        | Conclusion::NotTested
        | Conclusion::ClientLimit
        | Conclusion::Incomplete => Tone::Bad,
    }
}

fn trust(summary: &Summary) -> String {
    let first = summary.verdict.texts_on(Subject::Generator).next().unwrap_or_default();
    let said = match summary.verdict.generator {
        GeneratorVerdict::Valid if summary.ledger.sent == 0 => "nothing was sent".to_owned(),
        GeneratorVerdict::Valid => {
            let late = summary.latency.send_lag.tail();
            let late =
                late.map_or_else(String::new, |(figure, lag)| format!(" ({figure} {} ms late)", ms(lag)));
            let stamps = if has_stamps(summary) { "" } else { "; timestamps: user" };
            format!("yes: the client sent on time{late}, and left none out{stamps}")
        }
        GeneratorVerdict::Suspect => {
            // What helps stands among the details.
            format!("partly: {}", first.split("; ").next().unwrap_or(first))
        }
        GeneratorVerdict::Invalid if concluded(summary).conclusion == Conclusion::Incomplete => {
            "no: a part of the load is not in it".to_owned()
        }
        GeneratorVerdict::Invalid => "no: the figures are the client's own".to_owned(),
    };
    line("trust", &said)
}

fn has_stamps(summary: &Summary) -> bool {
    summary.latency.receive_lag.count > 0 || summary.latency.service.count == 0
}

fn errors(summary: &Summary, style: &Style) -> String {
    let ledger = &summary.ledger;
    let failed = ledger.http_error + ledger.timeout + ledger.connection_error + ledger.unfinished;
    let of_what = if summary.steps.is_empty() { String::new() } else { format!(" {}s", summary.noun()) };
    let mut parts = vec![format!("{} of {}{of_what}", count(failed), count(ledger.sent))];
    if failed > 0 {
        let share = percent(failed as f64 / ledger.sent.max(1) as f64);
        let kinds = [
            (ledger.http_error, "HTTP errors"),
            (ledger.timeout, "timeouts"),
            (ledger.connection_error, "conn. errors"),
            (ledger.unfinished, "unfinished"),
        ];
        let kinds = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{} {name}", count(*n)));
        parts[0] += &format!(" ({share})");
        parts.extend(kinds);
    }
    if ledger.overflow > 0 {
        parts.push(format!("{} not sent: the cap was full", count(ledger.overflow)));
    }
    if ledger.missed > 0 {
        parts.push(format!("{} missed by the client", count(ledger.missed)));
    }
    let bad = parts[0].clone();
    let text = line("errors", &parts.join(", "));
    if failed > 0 { text.replacen(&bad, &paint(&bad, Tone::Bad, style), 1) } else { text }
}

/// What an arrival was, where it was more than one request.
fn sent(summary: &Summary) -> String {
    let mut parts = Vec::new();
    let p99 = |step: &&StepSummary| step.response_ok.exact(Figure::P99);
    let slowest = summary
        .steps
        .iter()
        .max_by(|one, other| p99(one).unwrap_or(0.0).total_cmp(&p99(other).unwrap_or(0.0)));
    if let Some(slowest) = slowest {
        let of_first = summary.steps.iter().filter(|step| step.session == slowest.session).count();
        let p99 = slowest.response_ok.exact(Figure::P99);
        let p99 = p99.map_or_else(String::new, |p99| format!(", p99 {} ms", ms(p99)));
        parts.push(format!(
            "sessions of {}; the slowest is {}{p99}",
            counted(of_first as u64, "step"),
            shortened(&slowest.name, 20)
        ));
    }
    let followed = summary.redirects.followed;
    if followed > 0 {
        parts.push(format!("{} redirects followed, within the latency", count(followed)));
    }
    if parts.is_empty() { String::new() } else { line("sent", &parts.join("; ")) }
}

fn objectives(summary: &Summary, style: &Style) -> String {
    let mut results: Vec<&SloResult> = summary.slos.iter().collect();
    results.sort_by_key(|result| result.passed);
    let line_of = |(i, result): (usize, &&SloResult)| {
        let label = if i == 0 { "SLO" } else { "" };
        let (word, tone) = if result.passed { ("ok", Tone::Good) } else { ("FAILED", Tone::Bad) };
        let text = line(label, &format!("{word} {}: {}", result.slo, measured(result)));
        text.replacen(word, &paint(word, tone, style), 1)
    };
    let mut text: String = results.iter().take(OBJECTIVES).enumerate().map(line_of).collect();
    let rest = results.get(OBJECTIVES..).unwrap_or_default();
    if !rest.is_empty() {
        let failed = rest.iter().filter(|result| !result.passed).count();
        let end = text.trim_end_matches('\n').len();
        text.truncate(end);
        text += &format!("; {} more, {failed} of them failed\n", rest.len());
    }
    text
}

/// What an objective was measured against.
pub(crate) fn measured(result: &SloResult) -> String {
    let figure = |value: f64| match result.unit {
        Unit::Ms => format!("{} ms", ms(value)),
        Unit::Share => percent(value),
        Unit::PerS => rate(value),
    };
    match (result.measured, result.unit) {
        (Measured::AtLeast(_), Unit::Ms) => "it fell among requests without a good answer".to_owned(),
        (known, _) => {
            let known = known.written(figure);
            known.map_or_else(|| "nothing was measured".to_owned(), |figure| format!("measured {figure}"))
        }
    }
}

fn latency(summary: &Summary) -> String {
    let response = &summary.latency.response;
    let figures = [Figure::P50, Figure::P90, Figure::P99, Figure::P99_9, Figure::Max];
    let told = figures.iter().filter_map(|figure| match response.figure(*figure) {
        Measured::Exact(value) => Some(format!("{figure} {}{}", ms(value), error_of(summary, *figure))),
        Measured::AtLeast(_) => Some(format!("{figure} failed")),
        Measured::Unknown => None,
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return line("latency", "nothing was measured");
    }
    let told = format!("{} ms", told.join("  "));
    let has_failed = figures.iter().any(|figure| response.figure(*figure).is_bound());
    let from = if has_failed { " (failed: no good answer)" } else { " from the planned time" };
    let is_open = summary.plan.mode == Mode::Open;
    let fits = is_open && told.chars().count() + from.len() < COLUMNS - LABEL;
    line("latency", &format!("{told}{}", if fits { from } else { "" }))
}

/// Half of the width of the 95 % interval, of the p99 alone: there is no room for more.
fn error_of(summary: &Summary, figure: Figure) -> String {
    let interval =
        summary.intervals.iter().find(|interval| interval.figure == figure && figure == Figure::P99);
    let width = interval.and_then(|interval| Some(interval.high_ms? - interval.low_ms?));
    width.map_or_else(String::new, |width| format!(" ±{}", ms(width / 2.0)))
}

/// How it was at the beginning and at the end, and a picture of what was between.
fn trend(summary: &Summary) -> String {
    let rows = &summary.series;
    if rows.len() < 2 {
        return String::new();
    }
    let median = |row: &SeriesRow| row.response_p50_ms.map_or_else(|| "failed".to_owned(), ms);
    let waiting = |row: &SeriesRow| row.in_flight.saturating_add(row.queued);
    let (first, last) = (&rows[0], &rows[rows.len() - 1]);
    let medians: Vec<Option<f64>> = rows.iter().map(|row| row.response_p50_ms).collect();
    let levels: Vec<Option<f64>> = rows.iter().map(|row| Some(waiting(row) as f64)).collect();
    let text = format!(
        "p50 {} -> {} ms {}   under way {} -> {} {}",
        median(first),
        median(last),
        sparkline(&medians, 12),
        count(waiting(first)),
        count(waiting(last)),
        sparkline(&levels, 12)
    );
    line("trend", &text)
}

/// Where the time went: in the client, in the service, and what of that was waiting.
fn spent(summary: &Summary) -> String {
    let (latency, queueing) = (&summary.latency, &summary.queueing);
    let Some(service_ms) = latency.service.exact(Figure::Mean) else { return String::new() };
    let client_ms = queueing.in_client_mean_ms.unwrap_or(0.0);
    let mut text = String::new();
    if client_ms > CLIENT_MS || client_ms > CLIENT_SHARE * (client_ms + service_ms) {
        text += &format!("client {} + ", ms(client_ms));
    }
    text += &format!("service {} ms", ms(service_ms));
    if let Some((idle_ms, queued_ms)) =
        queueing.idle.as_ref().and_then(|idle| idle.exact(Figure::Mean)).zip(queueing.in_service_mean_ms)
    {
        if queued_ms > 0.0 {
            text += &format!(", of it {} queueing (idle {})", ms(queued_ms), ms(idle_ms));
        } else {
            text += &format!(" (idle {})", ms(idle_ms));
        }
    }
    // With failures only a bound is known, which says more of the timeout than of a queue.
    if let Some(times) = queueing.amplification_mean.exact().filter(|times| *times >= 1.0) {
        text += &format!(": {}", factor(times));
    }
    // Whoever reads the line for the first time is told what it is; where there is no room, the page on the method tells.
    let explained = text.replacen(" ms", " ms on average", 1);
    line("where", if explained.chars().count() <= COLUMNS - LABEL { &explained } else { &text })
}

fn next(summary: &Summary) -> String {
    let next = concluded(summary).next;
    if next.is_empty() { next } else { line("next", &next) }
}

/// A label and one line: a longer text ends in an ellipsis.
fn line(label: &str, text: &str) -> String {
    let text = shortened(text, COLUMNS - LABEL - 1);
    format!("{label:LABEL$} {text}").trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::report::assert_reads_as_saved;

    #[test]
    fn the_brief_fits_on_a_small_screen_and_reads_as_saved() {
        for (name, summary) in [
            ("brief-freeze", fixture::freeze()),
            ("brief-overload", fixture::overload()),
            ("brief-few", fixture::few()),
            ("brief-mixed", fixture::mixed()),
        ] {
            let text = brief(&summary, &Style { brief: true, ..Style::default() });
            assert!(text.lines().count() <= LINES, "{text}");
            for line in text.lines() {
                assert!(line.chars().count() <= COLUMNS && line.trim_end() == line, "{line}");
            }
            assert_reads_as_saved(name, &text);
        }
    }

    #[test]
    fn whole_sessions_are_not_called_requests() {
        let step = crate::result::StepSummary {
            session: "buy".to_owned(),
            name: "cart".to_owned(),
            method: "GET".to_owned(),
            target: "http://host-1/".to_owned(),
            sent: 1,
            ok: 1,
            http_error: 0,
            failed: 0,
            response_ok: fixture::few().latency.response_ok,
            service: fixture::few().latency.service,
            send_lag: fixture::few().latency.service,
            status_codes: std::collections::BTreeMap::new(),
        };
        let mut summary = fixture::few();
        let all = |summary: &Summary| {
            brief(summary, &Style::default()) + &super::super::render(summary, &Style::default())
        };
        assert!(all(&summary).contains(" requests, ") && !all(&summary).contains("session"));
        summary.steps = vec![step];
        for (method, noun) in [("session", "session"), ("mixed", "arrival")] {
            summary.plan.method = method.to_owned();
            let (text, planned) = (all(&summary), count(summary.ledger.planned));
            assert!(text.contains(&format!(", {planned} {noun}s, ")), "{text}");
            assert!(text.contains(&format!(" of {} {noun}s", count(summary.ledger.sent))), "{text}");
        }
    }

    #[test]
    fn a_failed_objective_comes_first_and_none_is_left_uncounted() {
        let mut summary = fixture::freeze();
        let last = summary.slos.len() - 1;
        summary.slos.iter_mut().for_each(|slo| slo.passed = true);
        summary.slos[last].passed = false;
        let text = objectives(&summary, &Style::default());
        assert!(text.lines().next().unwrap().contains("FAILED achieved"), "{text}");
        assert!(text.contains("2 more, 0 of them failed"), "{text}");
    }
}
