//! The ladder in characters: p99 and throughput against the rate.

use super::super::text::numbers::{ms, plain};
use crate::measure::Summary;
use crate::search::ladder::Sweep;

/// Lines of one plot.
const HEIGHT: usize = 8;
/// Most columns.
const COLUMNS: usize = 70;
/// Width of the axis.
const AXIS: usize = 9;

/// Both plots; empty for fewer than three rates.
pub(super) fn plot(sweep: &Sweep) -> String {
    let mut points: Vec<(f64, &Summary)> = sweep
        .rungs
        .iter()
        .filter(|rung| !rung.is_void())
        .map(|rung| (rung.rate_per_s, &rung.result))
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rates = points.iter().filter(|(rate, _)| *rate > 0.0).count();
    if rates < 3 {
        return String::new();
    }
    let p99: Vec<(f64, f64)> =
        points.iter().filter_map(|(rate, result)| Some((*rate, result.latency.response.p99_ms?))).collect();
    let completed: Vec<(f64, f64)> =
        points.iter().map(|(rate, result)| (*rate, result.rates.completed_per_s)).collect();
    let mut text = String::new();
    if p99.len() >= 3 {
        text += &one("response p99 in ms (logarithmic) against rate/s", &p99, true, &ms);
        text.push('\n');
    }
    text + &one("completed/s against rate/s", &completed, false, &plain)
}

/// Points over a linear axis of rates; the values from their lowest to their highest.
fn one(title: &str, points: &[(f64, f64)], logarithmic: bool, label: &dyn Fn(f64) -> String) -> String {
    let scale = |value: f64| if logarithmic { value.max(1e-3).ln() } else { value };
    let unscale = |value: f64| if logarithmic { value.exp() } else { value };
    let lowest = points.iter().map(|point| scale(point.1)).fold(f64::INFINITY, f64::min);
    let highest = points.iter().map(|point| scale(point.1)).fold(f64::NEG_INFINITY, f64::max);
    let lowest = if logarithmic { lowest } else { 0.0_f64.min(lowest) };
    let (from, to) =
        (points.first().map_or(0.0, |point| point.0), points.last().map_or(0.0, |point| point.0));
    let place = |value: f64, from: f64, to: f64, most: usize| {
        if to > from { (((value - from) / (to - from)) * (most - 1) as f64).round() as usize } else { 0 }
    };
    let mut cells = vec![[' '; COLUMNS]; HEIGHT];
    for (rate, value) in points {
        let column = place(*rate, from, to, COLUMNS).min(COLUMNS - 1);
        let row = place(scale(*value), lowest, highest, HEIGHT).min(HEIGHT - 1);
        cells[HEIGHT - 1 - row][column] = '●';
    }
    let mut text = format!("{title}\n");
    for (i, line) in cells.iter().enumerate() {
        let share = (HEIGHT - 1 - i) as f64 / (HEIGHT - 1) as f64;
        let axis =
            if i % 2 == 1 { label(unscale(lowest + share * (highest - lowest))) } else { String::new() };
        let line: String = line.iter().collect();
        text += format!("{axis:>AXIS$} │{line}").trim_end();
        text.push('\n');
    }
    text += &format!("{:AXIS$} └{}\n", "", "─".repeat(COLUMNS));
    let (left, right) = (plain(from), plain(to));
    let gap = COLUMNS.saturating_sub(left.chars().count() + right.chars().count());
    text + &format!("{:AXIS$}  {left}{:gap$}{right}\n", "", "")
}
