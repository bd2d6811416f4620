//! What the scheduler gave a thread: the time that it ran, and the time that it was ready to run and had to wait.

use std::ops::Sub;

/// Since the thread began, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadTimes {
    /// It ran.
    pub cpu_ns: u64,
    /// It could have run, but others had its core. 0 where the system does not tell.
    pub waited_ns: u64,
}

impl ThreadTimes {
    /// Those of the thread that asks.
    pub(super) fn now() -> Self {
        // /proc/thread-self/schedstat: time on the CPU, time waiting on a run queue, time slices
        // (Documentation/scheduler/sched-stats.rst). It is absent from kernels without CONFIG_SCHED_INFO.
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        Self::parse(&stat).unwrap_or_else(|| {
            let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            Self { cpu_ns: now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64, waited_ns: 0 }
        })
    }

    fn parse(schedstat: &str) -> Option<Self> {
        let mut numbers = schedstat.split_ascii_whitespace().map(str::parse);
        let (cpu_ns, waited_ns) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        // Some kernels have the file and do not count.
        (cpu_ns > 0).then_some(Self { cpu_ns, waited_ns })
    }
}

impl Sub for ThreadTimes {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            cpu_ns: self.cpu_ns.saturating_sub(earlier.cpu_ns),
            waited_ns: self.waited_ns.saturating_sub(earlier.waited_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedstat_is_read_and_what_is_no_schedstat_is_not() {
        let times = ThreadTimes { cpu_ns: 278_376_402, waited_ns: 484_860_686 };
        assert_eq!(ThreadTimes::parse("278376402 484860686 88\n"), Some(times));
        for text in ["", "0 0 1", "1", "a b c", "-1 2 3"] {
            assert_eq!(ThreadTimes::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_thread_that_works_has_worked() {
        let before = ThreadTimes::now();
        let mut sum = 0_u64;
        while (ThreadTimes::now() - before).cpu_ns < 20_000_000 {
            sum = (0..100_000).fold(sum, |sum, i| std::hint::black_box(sum.wrapping_mul(31) + i));
        }
        assert!(ThreadTimes::now().cpu_ns > before.cpu_ns);
    }
}
