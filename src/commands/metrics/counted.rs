//! What has been counted since the command began.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::family::{Buckets, Family, Labels, Points};
use crate::load::Progress;
use crate::measure::{ErrorKind, HIGHEST_NS, LOWEST_NS};

/// Bounds of the histograms, in microseconds: three for each power of ten, up to a minute.
const BOUNDS_US: [u64; 17] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 25_000_000, 30_000_000, 60_000_000,
];

/// All that is told of.
#[derive(Debug)]
pub(super) struct Counted {
    /// Method, target and name, as they may be shown.
    about: [String; 3],
    /// Labels of the user, on everything.
    labels: Labels,
    /// When counting began, in nanoseconds since 1970.
    pub began_ns: u64,
    /// Of the warm-ups, and of the measurements.
    phases: [Phase; 2],
    in_flight: u64,
    offered_last_second: u64,
}

/// Of one phase.
#[derive(Debug)]
struct Phase {
    offered: u64,
    ok: u64,
    http_errors: BTreeMap<u16, u64>,
    kinds: [u64; ErrorKind::ALL.len()],
    overflow: u64,
    missed: u64,
    response: Times,
    send_lag: Times,
}

/// Times, and their sum.
#[derive(Debug)]
struct Times {
    histogram: Histogram<u64>,
    sum_ns: f64,
}

impl Times {
    fn new(digits: u8) -> Self {
        let histogram = Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, digits)
            .expect("the constant bounds are valid: 1 <= low, 2 low <= high, digits <= 5");
        Self { histogram, sum_ns: 0.0 }
    }

    fn add(&mut self, more: &Histogram<u32>) {
        for step in more.iter_recorded() {
            let (nanos, count) = (step.value_iterated_to(), step.count_at_value());
            self.histogram.saturating_record_n(nanos, u64::from(count));
            self.sum_ns += more.median_equivalent(nanos) as f64 * f64::from(count);
        }
    }

    fn buckets(&self) -> Buckets {
        let up_to = BOUNDS_US.map(|micros| {
            // Below the bound by a resolution of the histogram, so that a bound is never exceeded by much.
            (micros as f64 / 1e6, self.histogram.count_between(0, micros * 1_000))
        });
        Buckets { up_to: up_to.to_vec(), count: self.histogram.len(), sum_s: self.sum_ns / 1e9 }
    }
}

impl Phase {
    fn new() -> Self {
        Self {
            offered: 0,
            ok: 0,
            http_errors: BTreeMap::new(),
            kinds: [0; ErrorKind::ALL.len()],
            overflow: 0,
            missed: 0,
            response: Times::new(2),
            send_lag: Times::new(1),
        }
    }

    fn add(&mut self, progress: &Progress) {
        self.offered += progress.offered;
        self.ok += progress.completed.saturating_sub(progress.http_errors);
        for ((status, _), count) in &progress.faults {
            *self.http_errors.entry(*status).or_default() += count;
        }
        self.kinds.iter_mut().zip(progress.kinds).for_each(|(count, more)| *count += more);
        self.overflow += progress.overflow;
        self.missed += progress.missed;
        self.response.add(&progress.response);
        self.send_lag.add(&progress.send_lag);
    }
}

impl Counted {
    pub(super) fn new(about: [String; 3], labels: Labels, began_ns: u64) -> Self {
        let phases = [Phase::new(), Phase::new()];
        Self { about, labels, began_ns, phases, in_flight: 0, offered_last_second: 0 }
    }

    /// A second has passed.
    pub(super) fn add(&mut self, progress: &Progress) {
        self.phases[usize::from(!progress.warming_up)].add(progress);
        self.in_flight = progress.in_flight;
        self.offered_last_second = progress.offered;
    }

    /// All of it.
    pub(super) fn families(&self) -> Vec<Family> {
        let counters = |of: &dyn Fn(&Phase) -> Vec<(Labels, u64)>| Points::Counters(self.by_phase(of));
        let plain = |of: fn(&Phase) -> u64| counters(&move |phase| vec![(Vec::new(), of(phase))]);
        let errors = |phase: &Phase| {
            let kinds = ErrorKind::ALL.iter().zip(phase.kinds).filter(|(_, count)| *count > 0);
            kinds.map(|(kind, count)| (label("kind", kind.name()), count)).collect::<Vec<_>>()
        };
        let statuses = |phase: &Phase| {
            let statuses = phase.http_errors.iter();
            statuses.map(|(status, count)| (label("code", &status.to_string()), *count)).collect::<Vec<_>>()
        };
        let unsent = |phase: &Phase| {
            vec![(label("reason", "overflow"), phase.overflow), (label("reason", "missed"), phase.missed)]
        };
        let gauge = |value: f64| Points::Gauges(vec![(self.labels.clone(), value)]);
        let histogram = |of: fn(&Phase) -> &Times| {
            Points::Histograms(self.by_phase(&move |phase| vec![(Vec::new(), of(phase).buckets())]))
        };
        let [method, target, name] = &self.about;
        let about = [
            ("method", method),
            ("target", target),
            ("name", name),
            ("version", &env!("CARGO_PKG_VERSION").to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value.clone()));
        let family = |name, help, unit, points| Family { name, help, unit, points };
        vec![
            family(
                "rpsbench_info",
                "What is asked, and by which version; the value is 1.",
                "1",
                Points::Gauges(vec![(self.labels.iter().cloned().chain(about).collect(), 1.0)]),
            ),
            family(
                "rpsbench_requests_offered",
                "Requests that the schedule has come to.",
                "{request}",
                plain(|phase| phase.offered),
            ),
            family("rpsbench_answers_good", "Good answers.", "{request}", plain(|phase| phase.ok)),
            family(
                "rpsbench_answers_bad",
                "Complete answers that are not good, by status.",
                "{request}",
                counters(&statuses),
            ),
            family(
                "rpsbench_requests_failed",
                "Requests without a complete answer, by the kind of failure.",
                "{request}",
                counters(&errors),
            ),
            family(
                "rpsbench_requests_unsent",
                "Requests that were not sent: the cap was full (overflow), or the client was late (missed).",
                "{request}",
                counters(&unsent),
            ),
            family(
                "rpsbench_response_seconds",
                "Response time of good answers, from the time when their requests were due.",
                "s",
                histogram(|phase| &phase.response),
            ),
            family(
                "rpsbench_send_lag_seconds",
                "How late the client sent requests that have ended: its own lateness.",
                "s",
                histogram(|phase| &phase.send_lag),
            ),
            family(
                "rpsbench_requests_in_flight",
                "Requests in flight.",
                "{request}",
                gauge(self.in_flight as f64),
            ),
            family(
                "rpsbench_offered_requests_per_second",
                "Requests that were due in the last second.",
                "{request}/s",
                gauge(self.offered_last_second as f64),
            ),
        ]
    }

    /// The points of both phases, with their labels.
    fn by_phase<T>(&self, of: &dyn Fn(&Phase) -> Vec<(Labels, T)>) -> Vec<(Labels, T)> {
        let named = ["warmup", "measured"].into_iter().zip(&self.phases);
        named
            .flat_map(|(name, phase)| {
                of(phase).into_iter().map(move |(own, value)| {
                    let all = self.labels.iter().cloned().chain(label("phase", name)).chain(own);
                    (all.collect(), value)
                })
            })
            .collect()
    }
}

fn label(name: &str, value: &str) -> Labels {
    vec![(name.to_owned(), value.to_owned())]
}

#[cfg(test)]
pub(super) fn example() -> Counted {
    use crate::measure::HttpFault;

    let about = ["GET", "http://host-1/", "night \"run\""].map(str::to_owned);
    let mut counted = Counted::new(about, label("team", "shop"), 1_700_000_000_000_000_000);
    let mut second = Progress {
        offered: 100,
        completed: 90,
        errors: 7,
        http_errors: 4,
        in_flight: 3,
        ..Progress::default()
    };
    second.faults.insert((503, HttpFault::Throttled), 4);
    second.kinds[ErrorKind::Timeout as usize] = 3;
    (0..86).for_each(|index: u64| second.response.saturating_record(1_000_000 * (1 + index)));
    second.send_lag.saturating_record(30_000);
    counted.add(&Progress { warming_up: true, offered: 5, ..Progress::default() });
    counted.add(&second);
    counted.add(&second);
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_grow_from_second_to_second_and_the_warm_up_is_apart() {
        let families = example().families();
        let points = |name: &str| families.iter().find(|family| family.name == name).unwrap().points.clone();
        let Points::Counters(offered) = points("rpsbench_requests_offered") else { panic!() };
        assert_eq!(offered.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [5, 200]);
        assert!(offered[1].0.contains(&("phase".to_owned(), "measured".to_owned())));
        assert!(offered[1].0.contains(&("team".to_owned(), "shop".to_owned())));
        let Points::Histograms(response) = points("rpsbench_response_seconds") else { panic!() };
        let buckets = &response[1].1;
        assert_eq!(buckets.count, 172);
        let below = |bound: f64| buckets.up_to.iter().find(|(up_to, _)| *up_to == bound).unwrap().1;
        assert_eq!((below(0.0005), below(0.01), below(60.0)), (0, 20, 172));
        assert!(
            (buckets.sum_s / (2.0 * (1..=86).sum::<u64>() as f64 / 1e3) - 1.0).abs() < 0.01,
            "{}",
            buckets.sum_s
        );
    }
}
