//! How fast a backlog grows, and how well a run of this length can tell.

use super::bootstrap::student_975;

/// Fewest intervals that say anything of a spread.
const FEWEST: usize = 4;

/// Growth of a backlog, with the half-width of its 95 % interval.
///
/// At its capacity and beyond, a queue is a random walk with a drift: its changes from one interval to the next are
/// independent, so that their mean is the drift, and their spread says how far off that mean may be (Student's t). Well
/// below its capacity a queue comes back by itself, and the interval is wider than it need be: it then errs towards "cannot
/// tell".
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drift {
    /// Requests a second.
    pub per_s: f64,
    /// Half of the width of the interval, in requests a second.
    pub error_per_s: f64,
}

impl Drift {
    /// Of a backlog at the end of each interval of so many seconds; `None` where there are too few of them.
    pub(super) fn of(backlog: &[f64], interval_s: f64) -> Option<Self> {
        if backlog.len() < FEWEST || interval_s <= 0.0 {
            return None;
        }
        let changes: Vec<f64> = backlog.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let count = changes.len() as f64;
        let mean = changes.iter().sum::<f64>() / count;
        let variance = changes.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let error = student_975(count - 1.0) * (variance / count).sqrt();
        Some(Self { per_s: mean / interval_s, error_per_s: error / interval_s })
    }

    /// Whether there is growth beyond doubt.
    pub(super) fn is_certain(self) -> bool {
        self.per_s > self.error_per_s
    }

    /// The most that it may grow by.
    pub(super) fn at_most_per_s(self) -> f64 {
        self.per_s + self.error_per_s
    }

    /// How many times as long a run must be to tell a growth of `per_s` from none: the error falls with the root of the time.
    pub(super) fn lengths_to_tell(self, per_s: f64) -> f64 {
        (self.error_per_s / per_s.max(f64::MIN_POSITIVE)).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_growth_is_certain_and_a_level_is_none() {
        let rising: Vec<f64> =
            (0..10).map(|second| 3.0 * f64::from(second) + f64::from(second % 2)).collect();
        let drift = Drift::of(&rising, 1.0).unwrap();
        assert!(drift.is_certain() && (drift.per_s - 3.0).abs() < 0.2, "{drift:?}");
        let level: Vec<f64> = (0..10).map(|second| f64::from(second % 2)).collect();
        assert!(!Drift::of(&level, 1.0).unwrap().is_certain());
        // The same over intervals of 2 s is half as fast.
        assert!((Drift::of(&rising, 2.0).unwrap().per_s - drift.per_s / 2.0).abs() < 1e-9);
        assert_eq!(Drift::of(&rising[..3], 1.0), None);
    }

    #[test]
    fn half_the_error_takes_four_times_as_long() {
        let drift = Drift { per_s: 1.0, error_per_s: 2.0 };
        assert!((drift.lengths_to_tell(1.0) - 4.0).abs() < 1e-9);
    }
}
