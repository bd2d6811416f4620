//! The run over time: one character for each interval or for several, so that a freeze or a growing backlog is
//! seen at a glance.

use super::layout::LABEL;
use super::numbers::{count, ms, seconds};
use crate::measure::Quantile;
use crate::result::{SeriesRow, Summary};

const COLUMNS: usize = 60;
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What one character shows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cell {
    /// A measured figure.
    Known(f64),
    /// It falls among arrivals without a good answer.
    Beyond,
    /// Too few arrivals to tell.
    Unknown,
}

/// Draws response time, backlog (in flight and waiting for the cap) and send lag; nothing for a run of one interval.
pub(super) fn over_time(summary: &Summary) -> String {
    let rows = &summary.series;
    if rows.len() < 2 {
        return String::new();
    }
    let (name, quantile, figure) = response_figure(rows);
    let response: Vec<Cell> = rows
        .iter()
        .map(|row| match figure(row) {
            Some(time) => Cell::Known(time),
            None if quantile.is_supported_by(row.offered) => Cell::Beyond,
            None => Cell::Unknown,
        })
        .collect();
    let backlog: Vec<Cell> =
        rows.iter().map(|row| Cell::Known(row.in_flight.saturating_add(row.queued) as f64)).collect();
    let lag: Vec<Cell> =
        rows.iter().map(|row| row.send_lag_p99_ms.map_or(Cell::Unknown, Cell::Known)).collect();
    let per_column = rows.len().div_ceil(COLUMNS);
    let interval = seconds(summary.plan.series_interval_s);
    let column =
        if per_column == 1 { interval } else { format!("the worst of {per_column} intervals of {interval}") };
    let mut text = format!("Over time: a column is {column}, heights from 0 to the maximum\n");
    let whole = |value: f64| count(value as u64);
    let in_ms = |value: f64| format!("{} ms", ms(value));
    let lines = [
        (format!("response {name}"), resample(&response, per_column), &in_ms as &dyn Fn(f64) -> String),
        ("backlog".to_owned(), resample(&backlog, per_column), &whole),
        ("send lag p99".to_owned(), resample(&lag, per_column), &in_ms),
    ];
    let shown = || lines.iter().filter(|(_, cells, _)| cells.iter().any(|cell| *cell != Cell::Unknown));
    let has = |cell: Cell| shown().any(|(_, cells, _)| cells.contains(&cell));
    let (beyond, unknown) = (has(Cell::Beyond), has(Cell::Unknown));
    for (name, cells, unit) in shown() {
        text += &line(name, cells, unit);
    }
    let signs: Vec<&str> = [
        (beyond, "×  the percentile falls among arrivals without a good answer"),
        (unknown, "·  too few arrivals to tell"),
    ]
    .into_iter()
    .filter_map(|(occurs, sign)| occurs.then_some(sign))
    .collect();
    if !signs.is_empty() {
        text += &format!("  {}\n", signs.join("   "));
    }
    text
}

/// Values over time in so many characters at most; `None` falls among arrivals without a good answer.
pub(super) fn sparkline(values: &[Option<f64>], columns: usize) -> String {
    let cells: Vec<Cell> = values.iter().map(|value| value.map_or(Cell::Beyond, Cell::Known)).collect();
    let cells = resample(&cells, cells.len().div_ceil(columns));
    let high =
        cells.iter().filter_map(|cell| if let Cell::Known(value) = cell { Some(*value) } else { None });
    let high = high.fold(0.0, f64::max);
    cells.iter().map(|cell| glyph(*cell, high)).collect()
}

type Figure = fn(&SeriesRow) -> Option<f64>;

/// p99 where the intervals hold enough arrivals for one (500), else the median.
fn response_figure(rows: &[SeriesRow]) -> (&'static str, Quantile, Figure) {
    if rows.iter().any(|row| Quantile::P99.is_supported_by(row.offered)) {
        ("p99", Quantile::P99, |row| row.response_p99_ms)
    } else {
        ("p50", Quantile::P50, |row| row.response_p50_ms)
    }
}

/// The worst of each group: a maximum is a figure of the run, an average of percentiles is none.
fn resample(cells: &[Cell], per_column: usize) -> Vec<Cell> {
    let worse = |a: Cell, b: Cell| match (a, b) {
        (Cell::Beyond, _) | (_, Cell::Beyond) => Cell::Beyond,
        (Cell::Known(a), Cell::Known(b)) => Cell::Known(a.max(b)),
        (Cell::Known(known), Cell::Unknown) | (Cell::Unknown, Cell::Known(known)) => Cell::Known(known),
        (Cell::Unknown, Cell::Unknown) => Cell::Unknown,
    };
    cells.chunks(per_column.max(1)).filter_map(|group| group.iter().copied().reduce(worse)).collect()
}

fn line(name: &str, cells: &[Cell], unit: &dyn Fn(f64) -> String) -> String {
    let known = || cells.iter().filter_map(|cell| if let Cell::Known(v) = cell { Some(*v) } else { None });
    let (Some(low), Some(high)) = (known().reduce(f64::min), known().reduce(f64::max)) else {
        let strip: String = cells.iter().map(|cell| glyph(*cell, 0.0)).collect();
        return format!("  {name:LABEL$} {strip}\n");
    };
    let strip: String = cells.iter().map(|cell| glyph(*cell, high)).collect();
    let beyond = if cells.contains(&Cell::Beyond) { " and beyond" } else { "" };
    format!("  {name:LABEL$} {strip}  {} to {}{beyond}\n", unit(low), unit(high))
}

fn glyph(cell: Cell, high: f64) -> char {
    match cell {
        Cell::Beyond => '×',
        Cell::Unknown => '·',
        // The lowest level is for everything near zero, so that a quiet run is a flat line.
        Cell::Known(value) if high > 0.0 => {
            let level = (value / high * (LEVELS.len() - 1) as f64).round().max(0.0) as usize;
            LEVELS[level.min(LEVELS.len() - 1)]
        }
        Cell::Known(_) => LEVELS[0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_the_worst_of_its_intervals() {
        let cells = [Cell::Known(1.0), Cell::Known(3.0), Cell::Unknown, Cell::Known(2.0), Cell::Beyond];
        assert_eq!(resample(&cells, 2), [Cell::Known(3.0), Cell::Known(2.0), Cell::Beyond]);
        assert_eq!(resample(&cells, 1), cells);
    }

    #[test]
    fn a_strip_of_any_run_fits_on_the_page() {
        for rows in [2, 60, 61, 900] {
            let cells = vec![Cell::Known(1.0); rows];
            assert!(resample(&cells, rows.div_ceil(COLUMNS)).len() <= COLUMNS, "{rows}");
        }
    }

    #[test]
    fn heights_start_at_zero() {
        let strip: String = [0.0, 50.0, 100.0].map(|value| glyph(Cell::Known(value), 100.0)).iter().collect();
        assert_eq!(strip, "▁▅█");
        assert_eq!(glyph(Cell::Known(0.0), 0.0), '▁');
    }
}
