//! When requests came, and how that compares with an even schedule.

use serde::Serialize;

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// When the kernel had received it, in nanoseconds.
    pub stamp_ns: u64,
    /// How long after that its answer was written, in nanoseconds: the service's own time.
    pub service_ns: u64,
}

/// What is left out at the beginning of a run: the client's warm-up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Skip {
    /// So many requests.
    pub requests: usize,
    /// All that came within this time of the first one.
    pub nanos: u64,
}

/// The report: one line of JSON.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// All requests, with those left out.
    pub requests_total: u64,
    /// The requests that the figures below are about.
    pub requests_measured: usize,
    /// From the first measured request to the last.
    pub duration_s: f64,
    /// Connections that were accepted.
    pub connections: u64,
    /// Where the times come from: `kernel`, `after_read` or `mixed`.
    pub stamp_source: &'static str,
    /// The rate of the even schedule.
    pub rate_per_s: Option<f64>,
    /// How far behind the even schedule the requests came.
    pub lag: Option<Lag>,
    /// The service's own time, from the kernel's receiving a request to the writing of its answer.
    pub service: Option<ServiceTime>,
    /// Coefficient of variation of the gaps: 0 for an even stream, 1 for Poisson arrivals.
    pub gap_cv: Option<f64>,
}

/// Lag in microseconds: request i came `t(i) - i / rate` after the schedule's start, and the earliest request is
/// taken to have been on time. A client that never catches up shows a lag that grows over the run.
#[derive(Debug, PartialEq, Serialize)]
pub struct Lag {
    /// Median.
    pub p50_us: f64,
    /// 90th percentile.
    pub p90_us: f64,
    /// 99th percentile.
    pub p99_us: f64,
    /// The largest.
    pub max_us: f64,
}

/// Percentiles of the service time, in microseconds.
#[derive(Debug, PartialEq, Serialize)]
pub struct ServiceTime {
    /// Median.
    pub p50_us: f64,
    /// 99th percentile.
    pub p99_us: f64,
}

impl ServiceTime {
    fn new(arrivals: &[Arrival]) -> Self {
        let mut times_us: Vec<f64> = arrivals.iter().map(|arrival| arrival.service_ns as f64 / 1e3).collect();
        times_us.sort_unstable_by(f64::total_cmp);
        Self { p50_us: quantile(&times_us, 0.5), p99_us: quantile(&times_us, 0.99) }
    }
}

/// Of sorted values, at least one; to a tenth.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let rank = (q * sorted.len() as f64).ceil().max(1.0) as usize;
    (sorted[rank.min(sorted.len()) - 1] * 10.0).round() / 10.0
}

impl Report {
    /// Judges arrivals, with times of one clock and in any order.
    pub fn new(mut arrivals: Vec<Arrival>, rate_per_s: Option<f64>, skip: Skip) -> Self {
        // Reads follow the order of the connections in the loop, not that of the arrivals.
        arrivals.sort_unstable();
        let stamps: Vec<u64> = arrivals.iter().map(|arrival| arrival.stamp_ns).collect();
        let from_ns = stamps.first().map_or(0, |first| first + skip.nanos);
        let skipped = skip.requests.max(stamps.partition_point(|stamp| *stamp < from_ns));
        let measured = stamps.get(skipped..).unwrap_or_default();
        let (Some(first), Some(last)) = (measured.first(), measured.last()) else {
            return Self { rate_per_s, ..Self::default() };
        };
        Self {
            requests_measured: measured.len(),
            duration_s: (last - first) as f64 / 1e9,
            rate_per_s,
            lag: rate_per_s.map(|rate| Lag::new(measured, rate)),
            service: Some(ServiceTime::new(&arrivals[skipped..])),
            gap_cv: gap_cv(measured),
            ..Self::default()
        }
    }
}

impl Lag {
    fn new(stamps: &[u64], rate_per_s: f64) -> Self {
        let period_us = 1e6 / rate_per_s;
        let behind =
            |(index, stamp): (usize, &u64)| (stamp - stamps[0]) as f64 / 1e3 - index as f64 * period_us;
        let mut lags: Vec<f64> = stamps.iter().enumerate().map(behind).collect();
        lags.sort_unstable_by(f64::total_cmp);
        let earliest = lags[0];
        lags.iter_mut().for_each(|lag| *lag -= earliest);
        let quantile = |q: f64| quantile(&lags, q);
        Self { p50_us: quantile(0.5), p90_us: quantile(0.9), p99_us: quantile(0.99), max_us: quantile(1.0) }
    }
}

fn gap_cv(stamps: &[u64]) -> Option<f64> {
    let gaps: Vec<f64> = stamps.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    // No gap, or all requests at one instant.
    (mean > 0.0).then(|| (variance.sqrt() / mean * 1e4).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000 requests at 1,000/s, which start at an arbitrary time.
    fn even() -> Vec<Arrival> {
        at((0..1_000).map(|i| 5_000_000_000 + i * 1_000_000))
    }

    /// Arrivals of which number i is answered after i microseconds.
    fn at(stamps: impl Iterator<Item = u64>) -> Vec<Arrival> {
        (0..).zip(stamps).map(|(i, stamp_ns)| Arrival { stamp_ns, service_ns: i * 1_000 }).collect()
    }

    #[test]
    fn an_even_stream_has_no_lag() {
        let report = Report::new(even(), Some(1_000.0), Skip::default());
        assert_eq!(report.lag, Some(Lag { p50_us: 0.0, p90_us: 0.0, p99_us: 0.0, max_us: 0.0 }));
        assert_eq!((report.requests_measured, report.duration_s, report.gap_cv), (1_000, 0.999, Some(0.0)));
    }

    #[test]
    fn a_stream_in_batches_of_ten_is_late_by_up_to_nine_periods() {
        let arrivals = at((0..1_000).map(|i| (i / 10 + 1) * 10_000_000).rev());
        let lag = Report::new(arrivals, Some(1_000.0), Skip::default()).lag.unwrap();
        assert_eq!((lag.p50_us, lag.p99_us, lag.max_us), (4_000.0, 9_000.0, 9_000.0));
    }

    #[test]
    fn a_stream_that_is_too_slow_falls_ever_further_behind() {
        let lag = Report::new(even(), Some(2_000.0), Skip::default()).lag.unwrap();
        assert_eq!((lag.p50_us, lag.max_us), (249_500.0, 499_500.0));
    }

    #[test]
    fn the_beginning_can_be_left_out() {
        let measured =
            |requests, nanos| Report::new(even(), Some(1_000.0), Skip { requests, nanos }).requests_measured;
        assert_eq!((measured(100, 0), measured(0, 250_000_000), measured(2_000, 0)), (900, 750, 0));
    }

    #[test]
    fn the_services_own_time_is_that_of_the_measured_requests() {
        let service = |requests| Report::new(even(), None, Skip { requests, nanos: 0 }).service.unwrap();
        assert_eq!((service(0).p50_us, service(0).p99_us), (499.0, 989.0));
        assert_eq!((service(900).p50_us, service(900).p99_us), (949.0, 998.0));
    }

    #[test]
    fn one_request_has_no_gap() {
        let report = Report::new(at([7].into_iter()), Some(10.0), Skip::default());
        assert_eq!((report.requests_measured, report.gap_cv), (1, None));
    }
}
