//! How long a service takes to be itself again after a spike.

use hdrhistogram::Histogram;

use crate::measure::{Quantile, decode_histogram, millis};
use crate::result::{SeriesRow, SpikeRecovery};

/// Within this share of what it was before counts as recovered.
const BACK_WITHIN: f64 = 0.10;

/// Some seconds taken together.
struct Stretch {
    good: Histogram<u64>,
    offered: u64,
}

impl Stretch {
    /// `None` where a row has no histogram.
    fn of(rows: &[SeriesRow]) -> Option<Self> {
        let mut good = crate::measure::full_range();
        let mut offered = 0;
        for row in rows {
            offered += row.offered;
            if row.ok > 0 {
                let interval = decode_histogram(&row.response_histogram).ok()?;
                // Another resolution: value by value.
                for step in interval.iter_recorded() {
                    good.saturating_record_n(step.value_iterated_to(), step.count_at_value());
                }
            }
        }
        Some(Self { good, offered })
    }

    /// A percentile over all arrivals due, in milliseconds; `None` where it falls among those without a good answer.
    fn percentile_ms(&self, quantile: Quantile) -> Option<f64> {
        let rank = quantile.rank(self.offered);
        if self.offered == 0 || rank > self.good.len() {
            return None;
        }
        let share = (rank as f64 - 0.5) / self.good.len() as f64;
        Some(millis(self.good.value_at_quantile(share).min(self.good.max())))
    }
}

/// Reads it off the rows of a run that held one rate for `hold_s`, another for `spike_s`, and the first again. `None`
/// where the rows do not say: too few arrivals for any percentile, or results of an older version.
pub(crate) fn spike_recovery(rows: &[SeriesRow], hold_s: f64, spike_s: f64) -> Option<SpikeRecovery> {
    let before: Vec<SeriesRow> = rows.iter().filter(|row| row.t_s < hold_s).cloned().collect();
    let spike: Vec<SeriesRow> = rows.iter().filter(|row| row.t_s >= hold_s).cloned().collect();
    let after: Vec<SeriesRow> = rows.iter().filter(|row| row.t_s >= hold_s + spike_s).cloned().collect();
    let interval_s = rows.get(1)?.t_s - rows.first()?.t_s;
    let whole = Stretch::of(&before)?;
    let per_row = whole.offered as f64 / before.len().max(1) as f64;
    // The highest percentile that half of the time before supports in one window.
    let candidates = [Quantile::P99, Quantile::P90, Quantile::P50];
    let (quantile, window) = candidates.into_iter().find_map(|quantile| {
        let needed = (1..=before.len() / 2)
            .find(|rows| quantile.is_supported_by((per_row * *rows as f64).floor() as u64))?;
        Some((quantile, needed))
    })?;
    let before_ms = whole.percentile_ms(quantile)?;
    let of_windows = |rows: &[SeriesRow]| {
        let windows = rows.windows(window).map(|rows| Stretch::of(rows)?.percentile_ms(quantile));
        windows.collect::<Vec<Option<f64>>>()
    };
    let limit_ms = before_ms * (1.0 + BACK_WITHIN);
    let found = of_windows(&after).iter().position(|value| value.is_some_and(|ms| ms <= limit_ms));
    let worst = of_windows(&spike);
    let worst_ms = worst.iter().copied().collect::<Option<Vec<f64>>>();
    Some(SpikeRecovery {
        before_ms,
        worst_ms: worst_ms.and_then(|all| all.into_iter().reduce(f64::max)),
        recovered_after_s: found.map(|first| (first + window) as f64 * interval_s),
        watched_s: after.len() as f64 * interval_s,
        window_s: window as f64 * interval_s,
        figure: quantile.to_string(),
    })
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::encode_interval;

    /// A second in which `offered` arrivals took `ms` each, and `bad` of them got no good answer.
    fn row(t_s: u64, offered: u64, ms: u64, bad: u64) -> SeriesRow {
        let mut times =
            Histogram::<u32>::new_with_bounds(crate::measure::LOWEST_NS, crate::measure::HIGHEST_NS, 2)
                .unwrap();
        times.record_n(ms * 1_000_000, (offered - bad) as u32).unwrap();
        SeriesRow {
            t_s: t_s as f64,
            offered,
            ok: offered - bad,
            response_histogram: encode_interval(&times).unwrap(),
            ..SeriesRow::default()
        }
    }

    /// 10 s at 10 ms; a spike of 2 s; then `slow` further seconds of 500 ms, and 10 ms again.
    fn run(offered: u64, slow: u64) -> Vec<SeriesRow> {
        let ms = |t: u64| if (10..12 + slow).contains(&t) { 500 } else { 10 };
        (0..22).map(|t| row(t, offered, ms(t), 0)).collect()
    }

    #[test]
    fn the_time_to_recover_is_counted_from_the_end_of_the_spike() {
        for slow in [0, 3, 7] {
            let found = spike_recovery(&run(1_000, slow), 10.0, 2.0).unwrap();
            assert!((found.before_ms / 10.0 - 1.0).abs() < 0.02 && found.figure == "p99", "{found:?}");
            assert!((found.worst_ms.unwrap() / 500.0 - 1.0).abs() < 0.02, "{found:?}");
            assert_eq!(found.recovered_after_s, Some(slow as f64 + 1.0), "{found:?}");
        }
        let never = spike_recovery(&run(1_000, 10), 10.0, 2.0).unwrap();
        assert_eq!((never.recovered_after_s, never.watched_s), (None, 10.0));
    }

    #[test]
    fn few_arrivals_need_longer_windows_or_a_lower_percentile() {
        let found = spike_recovery(&run(200, 3), 10.0, 2.0).unwrap();
        // 500 arrivals support a p99: three seconds, of which the first all-fast one ends at 3 + 3.
        assert_eq!((found.figure.as_str(), found.window_s, found.recovered_after_s), ("p99", 3.0, Some(6.0)));
        assert_eq!(spike_recovery(&run(20, 3), 10.0, 2.0).unwrap().figure, "p90");
        assert_eq!(spike_recovery(&[], 10.0, 2.0), None);
    }

    #[test]
    fn arrivals_without_a_good_answer_rank_above_all_others() {
        let mut rows = run(1_000, 0);
        rows[13] = row(13, 1_000, 10, 20);
        rows[12] = row(12, 1_000, 10, 20);
        let found = spike_recovery(&rows, 10.0, 2.0).unwrap();
        assert_eq!((found.recovered_after_s, found.worst_ms), (Some(3.0), None), "{found:?}");
    }
}
