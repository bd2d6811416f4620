//! The CPU time that a control group may take.

use std::fmt::{self, Display, Formatter};

/// A quota of CPU time: so much of every period, over all threads of a control group. Once it is used up, the group stands
/// still until the period ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CpuQuota {
    run_us: u64,
    period_us: u64,
}

impl CpuQuota {
    /// So many microseconds of every period, both above 0.
    pub(crate) fn new(run_us: u64, period_us: u64) -> Option<Self> {
        (run_us > 0 && period_us > 0).then_some(Self { run_us, period_us })
    }

    /// How many cores that is, on average.
    pub(crate) fn cores(self) -> f64 {
        self.run_us as f64 / self.period_us as f64
    }

    /// How many threads can work all the time, but at least one.
    pub(crate) fn threads(self) -> u64 {
        (self.run_us / self.period_us).max(1)
    }

    /// Whether so many threads, all busy, would use it up.
    pub(super) fn is_exceeded_by(self, threads: u64) -> bool {
        threads.saturating_mul(self.period_us) > self.run_us
    }
}

/// `0.2 cores (20 ms of every 100 ms)`
impl Display for CpuQuota {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ms = |us: u64| us as f64 / 1e3;
        let cores = (self.cores() * 100.0).round() / 100.0;
        let noun = if cores == 1.0 { "core" } else { "cores" };
        write!(f, "{cores} {noun} ({} ms of every {} ms)", ms(self.run_us), ms(self.period_us))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_has_room_for_its_whole_cores_and_at_least_one_thread() {
        let quota = |run_us| CpuQuota::new(run_us, 100_000).unwrap();
        let room = [1_000, 99_999, 100_000, 199_999, 200_000, 250_000].map(|run_us| quota(run_us).threads());
        assert_eq!(room, [1, 1, 1, 1, 2, 2]);
        let exceeded =
            [1_000, 99_999, 100_000, 199_999, 200_000].map(|run_us| quota(run_us).is_exceeded_by(2));
        assert_eq!(exceeded, [true, true, true, true, false]);
        assert!(quota(99_999).is_exceeded_by(1) && !quota(100_000).is_exceeded_by(1));
        assert_eq!((CpuQuota::new(0, 100_000), CpuQuota::new(100_000, 0)), (None, None));
    }

    #[test]
    fn a_quota_is_told_in_cores_and_in_time() {
        let told = [(20_000, 100_000), (100_000, 100_000), (1_500, 1_000)]
            .map(|(run_us, period_us)| CpuQuota::new(run_us, period_us).unwrap().to_string());
        let expected = [
            "0.2 cores (20 ms of every 100 ms)",
            "1 core (100 ms of every 100 ms)",
            "1.5 cores (1.5 ms of every 1 ms)",
        ];
        assert_eq!(told, expected);
    }
}
