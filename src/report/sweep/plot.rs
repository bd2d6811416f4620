//! The ladder in characters: p99, amplification and throughput against the rate.

use super::super::text::numbers::{factor, ms, plain};
use crate::measure::Measured;
use crate::result::{Figure, Summary, Sweep};

/// Lines of one plot.
const HEIGHT: usize = 8;
/// Most columns.
const COLUMNS: usize = 70;
/// Width of the axis.
const AXIS: usize = 9;

/// How a figure is written at its axis.
type Label<'a> = &'a dyn Fn(f64) -> String;

/// A figure at a rate.
struct Point {
    rate: f64,
    value: f64,
    /// The true figure is at least that.
    is_bound: bool,
}

/// The plots; empty for fewer than three rates.
pub(super) fn plot(sweep: &Sweep) -> String {
    let mut points: Vec<(f64, &Summary)> = sweep
        .rungs
        .iter()
        .filter(|rung| !rung.is_void())
        .map(|rung| (rung.rate_per_s, &rung.result))
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Repeats of one rate are one place on the axis.
    let mut rates: Vec<f64> = points.iter().map(|(rate, _)| *rate).filter(|rate| *rate > 0.0).collect();
    rates.dedup();
    let (Some(from), Some(to), true) = (rates.first(), rates.last(), rates.len() >= 3) else {
        return String::new();
    };
    let of = |figure: &dyn Fn(&Summary) -> Measured| -> Vec<Point> {
        let point = |(rate, result): &(f64, &Summary)| {
            let value = figure(result);
            Some(Point { rate: *rate, value: value.least()?, is_bound: value.is_bound() })
        };
        points.iter().filter_map(point).collect()
    };
    let p99 = of(&|result| result.latency.response.figure(Figure::P99));
    let amplification = of(&|result| result.queueing.amplification_mean);
    let completed: Vec<Point> = points
        .iter()
        .map(|(rate, result)| Point { rate: *rate, value: result.rates.completed_per_s, is_bound: false })
        .collect();
    let mut text = String::new();
    let plots: [(&str, &[Point], Label<'_>); 2] = [
        ("response p99 in ms (logarithmic) against rate/s", &p99, &ms),
        ("response / idle service time, mean (logarithmic) against rate/s", &amplification, &factor),
    ];
    for (title, points, label) in plots.into_iter().filter(|(_, points, _)| points.len() >= 3) {
        text += &one(title, points, (*from, *to), true, label);
        if points.iter().any(|point| point.is_bound) {
            text += &format!("{:AXIS$}  >  among arrivals without a good answer: at least that\n", "");
        }
        text.push('\n');
    }
    text + &one("completed/s against rate/s", &completed, (*from, *to), false, &plain)
}

/// Points over a linear axis of rates, the same for all plots; the values from their lowest to their highest.
fn one(title: &str, points: &[Point], (from, to): (f64, f64), logarithmic: bool, label: Label<'_>) -> String {
    let scale = |value: f64| if logarithmic { value.max(1e-3).ln() } else { value };
    let unscale = |value: f64| if logarithmic { value.exp() } else { value };
    let lowest = points.iter().map(|point| scale(point.value)).fold(f64::INFINITY, f64::min);
    let highest = points.iter().map(|point| scale(point.value)).fold(f64::NEG_INFINITY, f64::max);
    let lowest = if logarithmic { lowest } else { 0.0_f64.min(lowest) };
    let place = |value: f64, from: f64, to: f64, most: usize| {
        if to > from { (((value - from) / (to - from)) * (most - 1) as f64).round() as usize } else { 0 }
    };
    let mut cells = vec![[' '; COLUMNS]; HEIGHT];
    for point in points {
        let column = place(point.rate, from, to, COLUMNS).min(COLUMNS - 1);
        let row = place(scale(point.value), lowest, highest, HEIGHT).min(HEIGHT - 1);
        cells[HEIGHT - 1 - row][column] = if point.is_bound { '>' } else { '●' };
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
