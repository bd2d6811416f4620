//! The knees in words, and what a search found.

use super::super::Style;
use super::super::text::layout::{Tone, paint, table, with_label, wrap, wrapped};
use super::super::text::numbers::{ms, percent, plain, seconds};
use crate::result::{Conclusion, Knee, LoadVotes, Summary, Sweep};

/// How a search says that it found what was asked for; any other reason is worth a line.
pub(crate) const FOUND: &str = "search.found";

/// Each knee with the two rungs that enclose it.
pub(super) fn knees(sweep: &Sweep) -> String {
    let knees = &sweep.knees;
    let figure = knees.baseline_figure.map_or_else(|| "time".to_owned(), |figure| figure.to_string());
    let factor = format!("response {figure} {} times that of the lowest rung", plain(sweep.baseline_factor));
    let rows = [
        ("SLO", knees.slo, "highest rate that meets the objectives"),
        ("saturation", knees.saturation, "beyond it the backlog grows"),
        ("power", knees.power, "highest throughput / response time"),
        ("baseline", knees.baseline, factor.as_str()),
    ];
    // A single rung has no far side.
    let rates: Vec<f64> = sweep.rungs.iter().map(|rung| rung.rate_per_s).collect();
    if rates.iter().all(|rate| Some(rate) == rates.first()) {
        return String::new();
    }
    let mut cells = vec![["Knee", "holds", "fails", "what it is"].map(str::to_owned).to_vec()];
    for (name, knee, what) in rows {
        if let Some(Knee { holds_per_s, fails_per_s }) = knee {
            let rate = |rate: Option<f64>, none: &str| {
                rate.map_or_else(|| none.to_owned(), |rate| format!("{}/s", plain(rate)))
            };
            cells.push(vec![
                name.to_owned(),
                rate(holds_per_s, "no rung"),
                rate(fails_per_s, "no rung"),
                what.to_owned(),
            ]);
        }
    }
    if cells.len() == 1 {
        String::new()
    } else {
        left_last(&table(&cells), what_at(&cells)) + &undecided(sweep)
    }
}

/// The rungs that are on neither side of a knee.
fn undecided(sweep: &Sweep) -> String {
    let is_undecided = |result: &Summary| result.verdict.result == Some(Conclusion::AtTheLimit);
    let rungs = sweep.rungs.iter().filter(|rung| !rung.is_void() && is_undecided(&rung.result));
    let mut rates: Vec<String> = rungs.map(|rung| format!("{}/s", plain(rung.rate_per_s))).collect();
    rates.dedup();
    if rates.is_empty() {
        return String::new();
    }
    wrap("", &format!("AT THE LIMIT, so on neither side: {}; longer rungs would tell", rates.join(", ")), 0)
}

/// The last column is text: it begins where the others end, and not at the right margin.
fn left_last(text: &str, width: usize) -> String {
    let line = |line: &str| {
        let split = line.char_indices().rev().nth(width.saturating_sub(1)).map_or(0, |(at, _)| at);
        let (figures, words) = line.split_at(split);
        format!("{figures}{}\n", words.trim_start())
    };
    text.lines().map(line).collect()
}

fn what_at(cells: &[Vec<String>]) -> usize {
    cells.iter().filter_map(|row| row.last()).map(|cell| cell.chars().count()).max().unwrap_or(0)
}

/// The answer of a search, with its votes.
pub(super) fn search(sweep: &Sweep, style: &Style) -> String {
    let Some(search) = &sweep.search else { return String::new() };
    let tone = if search.lower_per_s.is_some() && search.upper_per_s.is_some() {
        Tone::Good
    } else {
        Tone::Doubtful
    };
    let mut text = with_label("Search", &wrapped("", &search.words));
    if search.code != FOUND {
        // Painted when it is set: a colour is no text, and would not come through as one.
        for line in wrapped("", &search.reason).lines() {
            let words = line.trim_start();
            text += &format!("{}{}\n", &line[..line.len() - words.len()], paint(words, tone, style));
        }
    }
    let loads = if style.brief { &[] } else { search.loads.as_slice() };
    for load in loads {
        text += &wrapped("- ", &votes_at(load, search.knee.is_none()));
    }
    let void = if search.void_trials > 0 { format!(", {} void", search.void_trials) } else { String::new() };
    text + &wrapped("", &format!("{} trials{void}, {} in all", search.trials, seconds(search.time_s.round())))
}

/// `285/s: 3 good, 0 bad`; by votes with what that excludes.
fn votes_at(load: &LoadVotes, by_votes: bool) -> String {
    let mut votes = format!("{}/s: {} good, {} bad", plain(load.rate_per_s), load.good, load.bad);
    if load.void > 0 {
        votes += &format!(", {} void", load.void);
    }
    if by_votes && load.good > 0 && load.bad == 0 {
        // With n trials all good, the chance of a bad one is below 1 - 0.05^(1/n), with 95 % confidence.
        let chance = 1.0 - 0.05_f64.powf(1.0 / load.good as f64);
        votes += &format!(
            "; that excludes, with 95 % confidence, only that more than {} of such trials would be bad",
            percent(chance)
        );
    }
    votes
}

/// What a spike did.
pub(super) fn spike(sweep: &Sweep) -> String {
    let Some(spike) = &sweep.spike else { return String::new() };
    let worst = spike.worst_ms.map_or_else(
        || "reached arrivals without a good answer".to_owned(),
        |worst| format!("rose to {} ms", ms(worst)),
    );
    let after = match spike.recovered_after_s {
        Some(after) => format!("{} after the spike it was within 10 % of that again", seconds(after)),
        None => {
            format!("it was NOT within 10 % of that again in the {} that followed", seconds(spike.watched_s))
        }
    };
    let text = format!(
        "response {} {} ms before; it {worst}; {after} (windows of {})",
        spike.figure,
        ms(spike.before_ms),
        seconds(spike.window_s)
    );
    with_label("Recovery", &wrapped("", &text))
}
