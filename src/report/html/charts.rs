//! What the charts are drawn from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::measure::{decode_histogram, millis};
use crate::result::{SeriesRow, Summary};

/// Rows and columns of a heat map at most.
const BANDS: usize = 48;
const COLUMNS: usize = 300;
/// Points of a percentile curve: so many for each halving of the distance to 100 %.
const TICKS: u32 = 5;

/// All charts of a page, by the name of their place.
pub(super) type Charts = BTreeMap<String, Chart>;

/// One chart.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Chart {
    /// Curves over one axis.
    Lines(Lines),
    /// How many took how long, over time.
    Heat(Heat),
}

/// Curves over one axis.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Lines {
    /// What the horizontal axis shows.
    pub x_label: &'static str,
    pub y_label: &'static str,
    /// How the values of the horizontal axis are written: `seconds`, `percentile` or `rate`.
    pub x_scale: &'static str,
    /// Whether the vertical axis is logarithmic.
    pub log: bool,
    pub x: Vec<f64>,
    pub curves: Vec<Curve>,
    /// Vertical lines, each with a name.
    pub marks: Vec<(f64, String)>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Curve {
    pub name: String,
    pub y: Vec<Option<f64>>,
}

/// Counts in bands of time.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Heat {
    /// Length of a column, in seconds.
    pub column_s: f64,
    /// The lowest edge, in milliseconds, and how many times as high each next one is.
    pub from_ms: f64,
    pub factor: f64,
    /// By column: pairs of the band and its count.
    pub columns: Vec<Vec<(usize, u64)>>,
}

fn curve(name: &str, y: Vec<Option<f64>>) -> Curve {
    Curve { name: name.to_owned(), y }
}

/// To three significant digits: more is not seen, and takes room.
fn short(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

/// The charts of one run: response time, rates and backlog over one axis of time; the percentiles; the heat map.
pub(super) fn of_run(summary: &Summary, prefix: &str) -> Charts {
    let rows = &summary.series;
    let mut charts = Charts::new();
    if rows.len() > 1 {
        charts.insert(format!("{prefix}response"), response(rows));
        charts.insert(format!("{prefix}rates"), rates(rows, summary.plan.series_interval_s));
        charts.insert(format!("{prefix}backlog"), backlog(rows));
        if let Some(heat) = heat(rows, summary.plan.series_interval_s) {
            charts.insert(format!("{prefix}heat"), Chart::Heat(heat));
        }
    }
    if let Some(chart) = percentiles(&[("response", summary)], true) {
        charts.insert(format!("{prefix}percentiles"), chart);
    }
    charts
}

fn over_time(rows: &[SeriesRow], y_label: &'static str, log: bool, curves: Vec<Curve>) -> Chart {
    let x = rows.iter().map(|row| row.t_s).collect();
    Chart::Lines(Lines { x_label: "time, s", y_label, x_scale: "seconds", log, x, curves, marks: Vec::new() })
}

fn response(rows: &[SeriesRow]) -> Chart {
    let of = |figure: fn(&SeriesRow) -> Option<f64>| rows.iter().map(|row| figure(row).map(short)).collect();
    let curves = vec![
        curve("p50", of(|row| row.response_p50_ms)),
        curve("p99", of(|row| row.response_p99_ms)),
        curve("send lag p99", of(|row| row.send_lag_p99_ms)),
    ];
    over_time(rows, "response time, ms", true, curves)
}

fn rates(rows: &[SeriesRow], interval_s: f64) -> Chart {
    let of = |count: fn(&SeriesRow) -> u64| {
        rows.iter().map(|row| Some(short(count(row) as f64 / interval_s.max(f64::MIN_POSITIVE)))).collect()
    };
    // What ended in an interval was sent and is no longer in flight; rows count requests by when they were due.
    let ended = rows.windows(2).map(|pair| {
        let before = pair[0].in_flight.saturating_add(pair[1].sent);
        Some(short(before.saturating_sub(pair[1].in_flight) as f64 / interval_s.max(f64::MIN_POSITIVE)))
    });
    let curves = vec![
        curve("offered", of(|row| row.offered)),
        curve("sent", of(|row| row.sent)),
        curve("ended", std::iter::once(None).chain(ended).collect()),
        curve("good, by when due", of(|row| row.ok)),
    ];
    over_time(rows, "requests/s", false, curves)
}

fn backlog(rows: &[SeriesRow]) -> Chart {
    let of = |count: fn(&SeriesRow) -> u64| rows.iter().map(|row| Some(count(row) as f64)).collect();
    let curves =
        vec![curve("in flight", of(|row| row.in_flight)), curve("waiting for the cap", of(|row| row.queued))];
    over_time(rows, "requests", false, curves)
}

/// The percentiles of results over the share of requests that took longer, as HdrHistogram draws them. Without a good
/// answer a request ranks above all others, so that a curve ends where those begin.
pub(super) fn percentiles(results: &[(&str, &Summary)], with_service: bool) -> Option<Chart> {
    let mut distances = Vec::new();
    let mut halving = 0;
    let most = results.iter().map(|(_, summary)| summary.latency.response.count).max()?;
    while 2_u64.checked_pow(halving).is_some_and(|power| power <= most) && halving < 24 {
        for tick in 0..TICKS {
            distances.push(0.5_f64.powf(f64::from(halving) + f64::from(tick) / f64::from(TICKS)));
        }
        halving += 1;
    }
    let mut curves = Vec::new();
    for (name, summary) in results {
        let due = summary.latency.response.count;
        curves.extend(curve_of(name, &summary.histograms.response_ok, due, &distances));
        if with_service {
            let answered = summary.latency.service.count;
            curves.extend(curve_of("service", &summary.histograms.service, answered, &distances));
        }
    }
    (!curves.is_empty()).then(|| {
        let x = distances.iter().map(|distance| 1.0 / distance).collect();
        Chart::Lines(Lines {
            x_label: "percentile",
            y_label: "ms",
            x_scale: "percentile",
            log: true,
            x,
            curves,
            marks: Vec::new(),
        })
    })
}

fn curve_of(name: &str, histogram: &str, due: u64, distances: &[f64]) -> Option<Curve> {
    let histogram = decode_histogram(histogram).ok().filter(|histogram| !histogram.is_empty())?;
    let good = histogram.len();
    let at = |distance: &f64| {
        let rank = ((1.0 - distance) * due as f64).ceil().max(1.0) as u64;
        let is_supported = (due as f64) * distance >= 1.0;
        (rank <= good && is_supported)
            .then(|| short(millis(histogram.value_at_quantile((rank as f64 - 0.5) / good as f64))))
    };
    Some(curve(name, distances.iter().map(at).collect()))
}

/// How many good answers took how long, interval by interval; several intervals make a column in a long run.
fn heat(rows: &[SeriesRow], interval_s: f64) -> Option<Heat> {
    let group = rows.len().div_ceil(COLUMNS).max(1);
    let mut columns: Vec<BTreeMap<u64, u64>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        if index % group == 0 {
            columns.push(BTreeMap::new());
        }
        let Ok(histogram) = decode_histogram(&row.response_histogram) else { continue };
        let column = columns.last_mut()?;
        for recorded in histogram.iter_recorded() {
            *column.entry(recorded.value_iterated_to()).or_default() += recorded.count_at_value();
        }
    }
    let all = || columns.iter().flat_map(BTreeMap::keys);
    let (least, most) = (*all().min()?.max(&1) as f64, *all().max()? as f64 * 1.01);
    let factor = (most / least).powf(1.0 / BANDS as f64).max(1.000_1);
    let band = |nanos: u64| (((nanos as f64 / least).ln() / factor.ln()) as usize).min(BANDS - 1);
    let columns = columns.iter().map(|column| {
        let mut bands = BTreeMap::new();
        column.iter().for_each(|(nanos, count)| *bands.entry(band(*nanos)).or_insert(0) += count);
        bands.into_iter().collect()
    });
    let columns = columns.collect();
    Some(Heat { column_s: group as f64 * interval_s, from_ms: least / 1e6, factor, columns })
}

/// What is shown of a run: names and values, of which all runs have the same.
type Shown = fn(&Summary) -> Vec<(&'static str, Option<f64>)>;

/// A ladder or a search: what each rate showed.
pub(super) fn of_rates(
    rungs: &[(f64, &Summary)],
    marks: Vec<(f64, String)>,
    figure: Shown,
    y_label: &'static str,
    log: bool,
) -> Chart {
    let values: Vec<Vec<(&str, Option<f64>)>> = rungs.iter().map(|(_, summary)| figure(summary)).collect();
    let names = values.first().map_or_else(Vec::new, |first| first.iter().map(|(name, _)| *name).collect());
    let curves = names.iter().enumerate().map(|(index, name)| {
        curve(name, values.iter().map(|row| row.get(index).and_then(|(_, value)| value.map(short))).collect())
    });
    Chart::Lines(Lines {
        x_label: "asked for, requests/s",
        y_label,
        x_scale: "rate",
        log,
        x: rungs.iter().map(|(rate, _)| *rate).collect(),
        curves: curves.collect(),
        marks,
    })
}
