//! The run over time: a bounded number of rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::measure::{EncodingError, Interval, Quantile, decode_interval, encode_interval, millis};
use crate::schedule::NANOS_PER_S;

/// Most rows in a series. Longer runs get longer intervals, so memory does not grow with the run.
const MAX_ROWS: u64 = 900;

/// One interval of the run, by intended time: what became of the arrivals that were due in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SeriesRow {
    /// Start of the interval, in seconds since the start of the measurement.
    pub t_s: f64,
    /// Arrivals due.
    pub offered: u64,
    /// Of those, sent.
    pub sent: u64,
    /// Of those, completely answered.
    pub completed: u64,
    /// Of those, well answered.
    pub ok: u64,
    /// Of those, not sent because the cap was full.
    pub overflow: u64,
    /// Requests in flight at the interval's end.
    pub in_flight: u64,
    /// Arrivals waiting for the cap at the interval's end.
    pub queued: u64,
    /// Median response time over all arrivals due; null where half of them got no good answer.
    pub response_p50_ms: Option<f64>,
    /// 99th percentile of the response time over all arrivals due; null where it cannot be told.
    pub response_p99_ms: Option<f64>,
    /// 99th percentile of the send lag.
    pub send_lag_p99_ms: Option<f64>,
    /// Response times of the good answers, in nanoseconds: HdrHistogram V2 with DEFLATE in base64, two significant
    /// digits. Empty where there were none, and in results of earlier versions. With it, runs can be compared second by
    /// second: only so is it known how much a percentile varies.
    #[serde(default)]
    pub response_histogram: String,
    /// Send lags in the same form, in the result of a shard: so those of all shards can be added up.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub send_lag_histogram: String,
}

impl SeriesRow {
    /// The interval that the row was made of. `interval_ns`: the length of an interval of this series.
    ///
    /// # Errors
    /// [`EncodingError`] where a histogram cannot be read.
    pub(crate) fn interval(&self, interval_ns: u64) -> Result<Interval, EncodingError> {
        let index = (self.t_s * NANOS_PER_S as f64 / interval_ns.max(1) as f64).round() as u64;
        let mut interval = Interval::new(index);
        interval.offered = self.offered;
        interval.sent = self.sent;
        interval.completed = self.completed;
        interval.ok = self.ok;
        interval.overflow = self.overflow;
        interval.in_flight = self.in_flight;
        interval.queued = self.queued;
        interval.response = decode_interval(&self.response_histogram)?;
        interval.send_lag = decode_interval(&self.send_lag_histogram)?;
        Ok(interval)
    }
}

/// Merges the workers' intervals into rows.
#[derive(Debug)]
pub struct Series {
    workers: usize,
    interval_ns: u64,
    keeps_send_lags: bool,
    pending: BTreeMap<u64, (Interval, usize)>,
    rows: Vec<SeriesRow>,
}

impl Series {
    /// The length of an interval for a run of this length: a second, or more in whole seconds where the run
    /// would have over 900 rows.
    pub(crate) fn interval_ns(duration_ns: u64) -> u64 {
        duration_ns.div_ceil(MAX_ROWS * NANOS_PER_S).max(1) * NANOS_PER_S
    }

    /// How many intervals a run of this length has.
    pub(crate) fn interval_count(duration_ns: u64) -> u64 {
        duration_ns.div_ceil(Self::interval_ns(duration_ns)).max(1)
    }

    /// An empty series of a run by this many workers.
    pub fn new(workers: usize, duration_ns: u64) -> Self {
        Self::of_intervals(workers, Self::interval_ns(duration_ns))
    }

    /// The same for a known length of an interval.
    pub(crate) fn of_intervals(workers: usize, interval_ns: u64) -> Self {
        Self { workers, interval_ns, keeps_send_lags: false, pending: BTreeMap::new(), rows: Vec::new() }
    }

    /// The same with the send lags of each row, if they are wanted.
    #[must_use]
    pub(crate) fn keeping_send_lags(self, keeps_send_lags: bool) -> Self {
        Self { keeps_send_lags, ..self }
    }

    /// Adds one worker's view of an interval. The row is made when every worker has delivered its own.
    pub fn add(&mut self, interval: Interval) {
        let index = interval.index;
        let delivered = match self.pending.remove(&index) {
            None => (interval, 1),
            Some((mut merged, delivered)) => {
                merged.merge(&interval);
                (merged, delivered + 1)
            }
        };
        if delivered.1 >= self.workers {
            self.rows.push(self.row(&delivered.0));
        } else {
            self.pending.insert(index, delivered);
        }
    }

    /// The rows that are complete, in order.
    pub(crate) fn so_far(&self) -> Vec<SeriesRow> {
        let mut rows = self.rows.clone();
        rows.sort_by(|a, b| a.t_s.total_cmp(&b.t_s));
        rows
    }

    /// All rows in order, complete or not.
    pub fn finish(mut self) -> Vec<SeriesRow> {
        for (interval, _) in std::mem::take(&mut self.pending).into_values() {
            let row = self.row(&interval);
            self.rows.push(row);
        }
        self.rows.sort_by(|a, b| a.t_s.total_cmp(&b.t_s));
        self.rows
    }

    fn row(&self, interval: &Interval) -> SeriesRow {
        let percentile = |histogram: &hdrhistogram::Histogram<u32>, quantile: Quantile, over: u64| {
            let rank = quantile.rank(over);
            let supported = quantile.is_supported_by(over) && rank <= histogram.len();
            supported.then(|| {
                millis(
                    histogram
                        .value_at_quantile((rank as f64 - 0.5) / histogram.len() as f64)
                        .min(histogram.max()),
                )
            })
        };
        SeriesRow {
            t_s: interval.index.saturating_mul(self.interval_ns) as f64 / NANOS_PER_S as f64,
            offered: interval.offered,
            sent: interval.sent,
            completed: interval.completed,
            ok: interval.ok,
            overflow: interval.overflow,
            in_flight: interval.in_flight,
            queued: interval.queued,
            response_p50_ms: percentile(&interval.response, Quantile::P50, interval.offered),
            response_p99_ms: percentile(&interval.response, Quantile::P99, interval.offered),
            send_lag_p99_ms: percentile(&interval.send_lag, Quantile::P99, interval.send_lag.len()),
            // A histogram that could not be written would cost the comparison, not the result.
            response_histogram: encode_interval(&interval.response).unwrap_or_default(),
            send_lag_histogram: match self.keeps_send_lags {
                true => encode_interval(&interval.send_lag).unwrap_or_default(),
                false => String::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{IntervalLog, Outcome, Sample, Timeline, decode_histogram};
    use crate::schedule::{Phase, Slot};

    /// The rows of one worker whose arrivals take so long (`None`: no good answer), `per_s` of them in each second.
    fn rows(seconds: u64, per_s: u64, response_ns: impl Fn(u64) -> Option<u64>) -> Vec<SeriesRow> {
        let mut log = IntervalLog::new(0, NANOS_PER_S, seconds);
        let mut series = Series::new(1, seconds * NANOS_PER_S);
        for index in 0..seconds * per_s {
            let slot = Slot { index, phase: Phase::Measured, intended_ns: index * NANOS_PER_S / per_s };
            log.offer(slot, 0, 0);
            let end_ns = slot.intended_ns + response_ns(index).unwrap_or(NANOS_PER_S);
            let timeline = Timeline {
                due_ns: slot.intended_ns,
                admitted_ns: slot.intended_ns,
                ready_ns: slot.intended_ns,
                sent_ns: slot.intended_ns,
                first_byte_ns: end_ns,
                receive_lag_ns: None,
                end_ns,
            };
            let outcome = response_ns(index).map_or(Outcome::Timeout, |_| Outcome::Ok { status: 200 });
            log.record(&Sample { slot, endpoint: 0, outcome, timeline: Some(timeline), body_bytes: 0 });
            log.take_closed().into_iter().for_each(|interval| series.add(interval));
        }
        log.close_all(0, 0).into_iter().for_each(|interval| series.add(interval));
        series.finish()
    }

    #[test]
    fn a_row_keeps_the_response_times_of_its_good_answers() {
        let rows = rows(3, 100, |index| match index / 100 {
            0 => Some((index + 1) * 1_000_000),
            1 if index % 2 == 0 => Some(5_000_000),
            _ => None,
        });
        let first = decode_histogram(&rows[0].response_histogram).unwrap();
        assert_eq!(first.len(), 100);
        for (quantile, ms) in [(0.5, 50.0), (0.9, 90.0), (1.0, 100.0)] {
            let value = first.value_at_quantile(quantile) as f64 / 1e6;
            assert!((value / ms - 1.0).abs() < 0.01, "{value} instead of {ms}");
        }
        assert_eq!(decode_histogram(&rows[1].response_histogram).unwrap().len(), rows[1].ok);
        assert_eq!((rows[2].offered, rows[2].response_histogram.as_str()), (100, ""));
    }

    /// The longest series with wide times: what the histograms cost a document.
    #[test]
    fn the_histograms_of_the_longest_series_stay_below_a_mebibyte() {
        let rows = rows(900, 500, |index| Some(1_000_000 + index.wrapping_mul(2_654_435_761) % 300_000_000));
        let bytes: usize = rows.iter().map(|row| row.response_histogram.len()).sum();
        assert!(rows.len() == 900 && bytes < 1 << 20, "{bytes} bytes in {} rows", rows.len());
    }

    #[test]
    fn the_number_of_rows_is_bounded_whatever_the_length() {
        for (seconds, interval_s) in [(1, 1), (60, 1), (900, 1), (901, 2), (3_600, 4), (86_400, 96)] {
            let duration_ns = seconds * NANOS_PER_S;
            assert_eq!(Series::interval_ns(duration_ns), interval_s * NANOS_PER_S, "{seconds} s");
            assert!(Series::interval_count(duration_ns) <= MAX_ROWS);
        }
    }
}
