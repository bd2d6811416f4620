//! The percentile curve of response and service time: where the two part, requests waited.
//!
//! Both axes are logarithmic: to the right each step is one more nine (p90, p99, p99.9), as HdrHistogram's plots
//! have it, so the tail takes as much room as it deserves.

use hdrhistogram::Histogram;

use super::numbers::ms;
use crate::measure::{decode_histogram, millis};
use crate::result::Summary;

const COLUMNS: usize = 72;
/// Most rows between the lowest and the highest step.
const MOST_ROWS: i32 = 11;
/// Fewest arrivals that make a curve.
const FEWEST: u64 = 100;
/// Steps within a decade, finest first; the first ladder that fits the height is used.
const LADDERS: [&[f64]; 3] = [&[1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0], &[1.0, 2.0, 5.0], &[1.0]];
/// Times below this (ms) stand on the lowest step: the histogram tells no smaller ones apart.
const LOWEST_MS: f64 = 0.001;

/// One point: the time of the arrival at some percentile.
#[derive(Clone, Copy)]
enum Point {
    /// Measured, in milliseconds.
    Time(f64),
    /// It has no good answer, so its time is unknown and above all others.
    Beyond,
    /// Too few arrivals lie above it.
    Unsupported,
}

/// Draws the curve; nothing where there are too few arrivals or the histograms cannot be read.
pub(super) fn curve(summary: &Summary) -> Option<String> {
    let response = decode_histogram(&summary.histograms.response_ok).ok()?;
    let service = decode_histogram(&summary.histograms.service).ok()?;
    let planned = summary.latency.response.count;
    if planned < FEWEST || response.is_empty() || service.is_empty() {
        return None;
    }
    // Up to the last percentile with 5 arrivals above it.
    let nines = (planned as f64 / 5.0).log10();
    let at = |histogram: &Histogram<u64>, of: u64, column: usize| {
        let share = 1.0 - 10_f64.powf(-nines * column as f64 / (COLUMNS - 1) as f64);
        let rank = ((share * of as f64).ceil() as u64).max(1);
        if rank > histogram.len() {
            return Point::Beyond;
        }
        if of - rank.min(of) < 5 {
            return Point::Unsupported;
        }
        // Half a rank below, so that rounding in the quantile cannot step over to the neighbour.
        let quantile = (rank as f64 - 0.5) / histogram.len() as f64;
        Point::Time(millis(histogram.value_at_quantile(quantile).min(histogram.max())))
    };
    let responses: Vec<Point> = (0..COLUMNS).map(|column| at(&response, planned, column)).collect();
    let services: Vec<Point> = (0..COLUMNS).map(|column| at(&service, service.len(), column)).collect();
    let axis = Axis::of(responses.iter().chain(&services))?;
    let mut rows = vec![vec![' '; COLUMNS]; axis.rows()];
    for (points, mark) in [(&services, '○'), (&responses, '●')] {
        for (column, point) in points.iter().enumerate() {
            match point {
                Point::Time(time) => rows[axis.row(*time)][column] = mark,
                Point::Beyond => rows[0][column] = '>',
                Point::Unsupported => {}
            }
        }
    }
    let mut text =
        "Percentiles in ms, both axes logarithmic; ● response, ○ service (where it differs)\n".to_owned();
    for (row, cells) in rows.iter().enumerate() {
        let cells: String = cells.iter().collect();
        text += format!("{:>12} │{}", ms(axis.step(row)), cells).trim_end();
        text.push('\n');
    }
    text += &ticks(nines);
    if responses.iter().any(|point| matches!(point, Point::Beyond)) {
        text += "             >  no good answer: above every measured time\n";
    }
    Some(text)
}

/// The steps of the vertical axis, counted from 1 ms: `index` steps of `ladder` up.
struct Axis {
    ladder: &'static [f64],
    lowest: i32,
    highest: i32,
}

impl Axis {
    fn of<'a>(points: impl Iterator<Item = &'a Point>) -> Option<Self> {
        let times: Vec<f64> =
            points.filter_map(|p| if let Point::Time(t) = p { Some(*t) } else { None }).collect();
        let (low, high) = (times.iter().copied().reduce(f64::min)?, times.iter().copied().reduce(f64::max)?);
        let spans = LADDERS.map(|ladder| Self {
            ladder,
            lowest: nearest(ladder, low),
            highest: nearest(ladder, high),
        });
        let [fine, coarse, decades] = spans;
        let fits = |axis: &Self| axis.highest - axis.lowest < MOST_ROWS;
        let mut axis = if fits(&fine) {
            fine
        } else if fits(&coarse) {
            coarse
        } else {
            decades
        };
        // A flat curve still needs a page to be flat on.
        if axis.highest - axis.lowest < 2 {
            (axis.lowest, axis.highest) = (axis.lowest - 1, axis.highest + 1);
        }
        Some(axis)
    }

    fn rows(&self) -> usize {
        (self.highest - self.lowest + 1) as usize
    }

    /// The row of a time, from the top.
    fn row(&self, time_ms: f64) -> usize {
        (self.highest - nearest(self.ladder, time_ms)).clamp(0, self.highest - self.lowest) as usize
    }

    /// The time of a row in milliseconds.
    fn step(&self, row: usize) -> f64 {
        let index = self.highest - row as i32;
        let steps = self.ladder.len() as i32;
        self.ladder[index.rem_euclid(steps) as usize] * 10_f64.powi(index.div_euclid(steps))
    }
}

/// The step nearest to a time, by ratio.
fn nearest(ladder: &[f64], time_ms: f64) -> i32 {
    (time_ms.max(LOWEST_MS).log10() * ladder.len() as f64).round() as i32
}

/// The names of the percentiles below their columns.
fn ticks(nines: f64) -> String {
    let named = [
        ("min", 0.0),
        ("p50", 0.5),
        ("p90", 0.9),
        ("p99", 0.99),
        ("p99.9", 0.999),
        ("p99.99", 0.9999),
        ("p99.999", 0.99999),
    ];
    let mut marks = vec!['─'; COLUMNS];
    let mut names = vec![' '; COLUMNS + 8];
    for (name, share) in named {
        let position = -(1.0_f64 - share).log10() / nines * (COLUMNS - 1) as f64;
        if position.round() < COLUMNS as f64 {
            let column = position.round() as usize;
            marks[column] = '┬';
            name.chars().enumerate().for_each(|(i, letter)| names[column + i] = letter);
        }
    }
    let (marks, names): (String, String) = (marks.into_iter().collect(), names.into_iter().collect());
    format!("{:>12} └{marks}\n{:>12}  {}\n", "", "", names.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_stands_on_its_own_row() {
        for ladder in LADDERS {
            let axis = Axis { ladder, lowest: -30, highest: 40 };
            for row in 0..axis.rows() {
                assert_eq!(
                    axis.row(axis.step(row).max(LOWEST_MS)),
                    row.min(axis.row(LOWEST_MS)),
                    "{}",
                    axis.step(row)
                );
            }
        }
    }

    #[test]
    fn the_axis_is_fine_for_a_narrow_range_and_never_tall() {
        for (low, high, rows) in [(50.0, 50.0, 3), (10.0, 20.0, 4), (1.0, 1_000.0, 10), (0.001, 100_000.0, 9)]
        {
            let axis = Axis::of([Point::Time(low), Point::Time(high)].iter()).unwrap();
            assert_eq!(axis.rows(), rows, "{low} to {high}");
        }
    }
}
