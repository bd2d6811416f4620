//! Results side by side, for people (for spreadsheets: [`csv`]): what was measured and how, what may not be compared, the
//! figures side by side, and how much of each difference is noise.

pub(super) mod csv;
mod live;

use super::Style;
use super::text::layout::{Tone, WIDTH, paint, shortened, table, wrap};
use super::text::numbers::{asked_rate, count, ms, percent, rate, seconds};
use crate::measure::Measured;
use crate::result::{
    Bound, Comparison, Difference, Figure, FigureDifference, Loop, NoiseVerdict, Reading, Remark, Unit,
    letter,
};

/// Widest column of a name.
const NAME: usize = 20;
/// Width of a letter in front of a line.
const MARGIN: usize = 4;

/// Writes the report.
pub(super) fn text(comparison: &Comparison, style: &Style) -> String {
    if !comparison.runs.is_empty() {
        return live::section(comparison, style);
    }
    let sections = [
        readings(comparison),
        warnings(comparison, style),
        figures(comparison),
        intervals(comparison),
        conditions(comparison, style),
    ];
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What each letter stands for.
fn readings(comparison: &Comparison) -> String {
    let tool = &comparison.tool;
    let (others, name) = (comparison.differences.len(), letter(0));
    let noun = if others == 1 { "result" } else { "results" };
    let mut text = format!("{} {}: {others} {noun} compared with {name}\n\n", tool.name, tool.version);
    for (i, reading) in comparison.results.iter().enumerate() {
        let mark = format!("{:2}", letter(i));
        text += &under(&mark, &sentence(reading));
    }
    text
}

fn sentence(reading: &Reading) -> String {
    let version = reading.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
    let users = reading.concurrency.map(|users| format!("{} users", count(users)));
    let asked = reading.asked_per_s.map(asked_rate);
    let load: Vec<String> = [asked, users].into_iter().flatten().collect();
    let of = if load.is_empty() { String::new() } else { format!(" of {}", load.join(" and ")) };
    let kind = match reading.mode {
        Loop::Open => "open loop",
        Loop::Closed => "closed loop",
        Loop::Unknown => "loop of unknown kind",
    };
    let mut text = format!("{}: {}{version}, {kind}{of}", reading.name, reading.tool);
    if let Some(duration) = reading.duration_s {
        text += &format!(" for {}", seconds(duration));
    }
    if let Some(requests) = reading.requests {
        text += &format!(", {} requests", count(requests));
    }
    if let Some(target) = &reading.target {
        text += &format!(", {target}");
    }
    text + &format!("; latency {}", reading.clock_words)
}

/// A line behind a short mark at the left margin, and its further lines below the text.
fn under(mark: &str, text: &str) -> String {
    let lines = wrap("", text, MARGIN);
    format!("{mark:MARGIN$}{}", lines.trim_start_matches(' '))
}

fn warnings(comparison: &Comparison, style: &Style) -> String {
    let sign = paint("!", Tone::Doubtful, style);
    let line = |warning: &Remark| under("!", &warning.text).replacen('!', &sign, 1);
    comparison.warnings.iter().map(line).collect()
}

/// The figures, in as many tables as the page takes: each repeats the first result.
fn figures(comparison: &Comparison) -> String {
    let Some(first) = comparison.results.first() else { return String::new() };
    let mut blocks = Vec::new();
    let mut rest = comparison.differences.as_slice();
    while !rest.is_empty() {
        let fits = |count: &usize| widest(&block(comparison, first, &rest[..*count])) <= WIDTH;
        let taken = (1..=rest.len()).take_while(fits).last().unwrap_or(1);
        blocks.push(block(comparison, first, &rest[..taken]));
        rest = &rest[taken..];
    }
    let mut text = blocks.join("\n");
    let has = |verdict| {
        let percentiles = || comparison.differences.iter().flat_map(|difference| &difference.figures);
        percentiles().any(|found| found.figure.quantile().is_some() && found.noise.verdict == verdict)
    };
    let signs: Vec<&str> = [
        (has(NoiseVerdict::Exceeds), "*  exceeds the noise"),
        (has(NoiseVerdict::Within), "~  within the noise"),
        (has(NoiseVerdict::CannotTell), "?  nobody can tell"),
    ]
    .into_iter()
    .filter_map(|(occurs, sign)| occurs.then_some(sign))
    .collect();
    if !signs.is_empty() {
        text += &format!("{}\n", signs.join("   "));
    }
    text + &reasons(comparison)
}

/// Why nobody can tell, each reason once, with the percentiles that it is about unless that is all of them.
fn reasons(comparison: &Comparison) -> String {
    let mut text = String::new();
    for difference in &comparison.differences {
        let percentiles = difference.figures.iter().filter(|found| found.figure.quantile().is_some());
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for found in percentiles.clone().filter(|found| !found.noise.reason.is_empty()) {
            let reason = found.noise.reason.as_str();
            match reasons.iter_mut().find(|(said, _)| *said == reason) {
                Some((_, names)) => names.push(found.figure.to_string()),
                None => reasons.push((reason, vec![found.figure.to_string()])),
            }
        }
        let count = percentiles.count();
        for (reason, names) in reasons {
            let about = if names.len() == count { String::new() } else { format!(" {}", names.join(", ")) };
            text += &under("?", &format!("{}{about}: {reason}", letter(difference.result)));
        }
    }
    text
}

fn block(comparison: &Comparison, first: &Reading, others: &[Difference]) -> String {
    let mut head = vec![String::new(), letter(0)];
    let mut names = vec![String::new(), shortened(&first.name, NAME)];
    for difference in others {
        let name = letter(difference.result);
        head.extend([name.clone(), format!("{name}/A"), format!("{name}-A"), String::new()]);
        let reading = comparison.results.get(difference.result);
        names.push(reading.map_or_else(String::new, |reading| shortened(&reading.name, NAME)));
        names.extend(["", "", ""].map(str::to_owned));
    }
    let mut rows = vec![head, names];
    for figure in Figure::COMPARED {
        let of = |difference: &Difference| comparison.results.get(difference.result);
        let known = |reading: &Reading| reading.figure(figure) != Measured::Unknown;
        if !known(first) && !others.iter().filter_map(of).any(known) {
            continue;
        }
        let mut row = vec![title(figure), value(figure, first)];
        for difference in others {
            row.push(of(difference).map_or_else(|| "-".to_owned(), |reading| value(figure, reading)));
            row.extend(difference.figure(figure).map_or_else(missing, cells));
        }
        rows.push(row);
    }
    table(&rows)
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

fn title(figure: Figure) -> String {
    match figure {
        Figure::CompletedPerS => "completed".to_owned(),
        Figure::ErrorRate => "HTTP errors".to_owned(),
        Figure::FailureRate => "failures".to_owned(),
        _ => format!("{figure} ms"),
    }
}

fn value(figure: Figure, reading: &Reading) -> String {
    super::text::numbers::figure(reading.figure(figure), |value| in_unit(figure, value))
}

fn in_unit(figure: Figure, value: f64) -> String {
    match figure.unit() {
        Unit::Ms => ms(value),
        Unit::PerS => rate(value),
        Unit::Share => percent(value),
    }
}

fn missing() -> [String; 3] {
    ["-".to_owned(), "-".to_owned(), String::new()]
}

/// Ratio, difference and sign.
fn cells(found: &FigureDifference) -> [String; 3] {
    if found.bound == Bound::Unknown {
        return missing();
    }
    let bound = found.bound.sign();
    let sign = match found.noise.verdict {
        _ if found.figure.quantile().is_none() => "",
        NoiseVerdict::Exceeds => "*",
        NoiseVerdict::Within => "~",
        NoiseVerdict::CannotTell => "?",
    };
    let distance = in_unit(found.figure, found.absolute);
    let (plus, distance) = match distance.strip_prefix('-') {
        // What rounds to nothing has no sign.
        rest if !distance.contains(|c: char| ('1'..='9').contains(&c)) => ("", rest.unwrap_or(&distance)),
        Some(_) => ("", distance.as_str()),
        None => ("+", distance.as_str()),
    };
    [
        found.ratio.map_or_else(|| "-".to_owned(), |value| format!("{bound}{}", ratio(value))),
        format!("{bound}{plus}{distance}"),
        sign.to_owned(),
    ]
}

/// How many times as much, in about three digits: x0.0042, x0.997, x1.12, x12.3.
fn ratio(value: f64) -> String {
    match value {
        0.0 => "x0".to_owned(),
        v if v < 0.0095 => format!("x{value:.5}"),
        v if v < 0.0995 => format!("x{value:.4}"),
        v if v < 0.9995 => format!("x{value:.3}"),
        v if v < 9.995 => format!("x{value:.2}"),
        v if v < 99.95 => format!("x{value:.1}"),
        _ => format!("x{}", count(value as u64)),
    }
}

/// Where the true ratios are.
fn intervals(comparison: &Comparison) -> String {
    let mut lines = String::new();
    for difference in &comparison.differences {
        let interval = |found: &FigureDifference| {
            let low = ratio(found.noise.ratio_low?);
            let high = found.noise.ratio_high.map_or_else(|| "no end".to_owned(), ratio);
            Some(format!("{} {low} to {high}", found.figure))
        };
        let intervals: Vec<String> = difference.figures.iter().filter_map(interval).collect();
        if !intervals.is_empty() {
            lines += &under(&letter(difference.result), &intervals.join(", "));
        }
    }
    if lines.is_empty() {
        return lines;
    }
    format!("The true ratio, with 95 % confidence (block bootstrap over the seconds of both runs)\n{lines}")
}

fn conditions(comparison: &Comparison, style: &Style) -> String {
    let line = |judged: &crate::result::Judgement| {
        let (word, tone) = match (judged.fails, judged.inconclusive) {
            (true, _) => ("FAILS", Tone::Bad),
            (false, true) => ("INCONCLUSIVE", Tone::Doubtful),
            (false, false) => ("passes", Tone::Good),
        };
        let text = format!("{} {}: {}", word, judged.condition, judged.reason);
        let line = under(&letter(judged.result), &text);
        line.replacen(word, &paint(word, tone, style), 1)
    };
    let lines: String = comparison.conditions.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("Conditions (--fail-if)\n{lines}") }
}

#[cfg(test)]
mod tests;
