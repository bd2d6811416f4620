//! What the scheduler gave a thread: the time that it ran, the time that it was ready to run and had to wait, and who took
//! that time from it.

use std::fs::read_to_string;
use std::ops::Sub;

use super::cpu_groups::cpu_groups;

/// Since the thread began, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadTimes {
    /// It ran.
    pub cpu_ns: u64,
    /// It could have run, but others had its core. 0 where the system does not tell.
    pub waited_ns: u64,
    /// The CPU quota of its control group, or of one above, had stopped all of the group. 0 where there is none.
    pub throttled_ns: u64,
    /// The host gave the time of a virtual CPU to others, on average over the CPUs; to 10 ms. 0 where nobody tells.
    pub stolen_ns: u64,
}

impl ThreadTimes {
    /// Those of the thread that asks.
    pub(super) fn now() -> Self {
        // /proc/thread-self/schedstat: time on the CPU, time waiting on a run queue, time slices
        // (Documentation/scheduler/sched-stats.rst). It is absent from kernels without CONFIG_SCHED_INFO.
        let (cpu_ns, waited_ns) = read_to_string("/proc/thread-self/schedstat")
            .ok()
            .and_then(|schedstat| ran_and_waited(&schedstat))
            .unwrap_or_else(|| {
                let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
                (now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64, 0)
            });
        let throttled_ns = read_to_string("/proc/self/cgroup").map_or(0, |groups| throttled_ns(&groups));
        let stolen_ns = read_to_string("/proc/stat").map_or(0, |stat| stolen_ns(&stat));
        Self { cpu_ns, waited_ns, throttled_ns, stolen_ns }
    }
}

fn ran_and_waited(schedstat: &str) -> Option<(u64, u64)> {
    let mut numbers = schedstat.split_ascii_whitespace().map(str::parse);
    let (cpu_ns, waited_ns) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    // Some kernels have the file and do not count.
    (cpu_ns > 0).then_some((cpu_ns, waited_ns))
}

/// How long the quota of a control group has stopped it: the longest of all groups that this process is in.
fn throttled_ns(groups: &str) -> u64 {
    let stats = cpu_groups(groups).filter_map(|group| read_to_string(group.directory.join("cpu.stat")).ok());
    stats.map(|stat| throttled_in(&stat)).max().unwrap_or(0)
}

/// `throttled_usec` of version 2, `throttled_time` (nanoseconds) of version 1.
fn throttled_in(cpu_stat: &str) -> u64 {
    let value = |line: &str, name: &str| line.strip_prefix(name)?.trim().parse::<u64>().ok();
    let found = cpu_stat.lines().find_map(|line| {
        let micros = value(line, "throttled_usec ").map(|micros| micros.saturating_mul(1_000));
        micros.or_else(|| value(line, "throttled_time "))
    });
    found.unwrap_or(0)
}

/// The eighth number of each `cpuN` line of /proc/stat is the time stolen, in hundredths of a second (proc_stat(5)).
fn stolen_ns(stat: &str) -> u64 {
    let of_each_cpu = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu "));
    let (sum, cpus) = of_each_cpu
        .filter_map(|line| line.split_ascii_whitespace().nth(8)?.parse::<u64>().ok())
        .fold((0_u64, 0_u64), |(sum, cpus), ticks| (sum.saturating_add(ticks), cpus + 1));
    sum.saturating_mul(10_000_000) / cpus.max(1)
}

impl Sub for ThreadTimes {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            cpu_ns: self.cpu_ns.saturating_sub(earlier.cpu_ns),
            waited_ns: self.waited_ns.saturating_sub(earlier.waited_ns),
            throttled_ns: self.throttled_ns.saturating_sub(earlier.throttled_ns),
            stolen_ns: self.stolen_ns.saturating_sub(earlier.stolen_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedstat_is_read_and_what_is_no_schedstat_is_not() {
        assert_eq!(ran_and_waited("278376402 484860686 88\n"), Some((278_376_402, 484_860_686)));
        for text in ["", "0 0 1", "1", "a b c", "-1 2 3"] {
            assert_eq!(ran_and_waited(text), None, "{text}");
        }
    }

    #[test]
    fn the_times_that_others_took_are_read_of_either_version() {
        let version_2 = "usage_usec 9\nnr_periods 4\nnr_throttled 2\nthrottled_usec 1500\n";
        assert_eq!(throttled_in(version_2), 1_500_000);
        assert_eq!(throttled_in("nr_periods 4\nnr_throttled 2\nthrottled_time 1500000\n"), 1_500_000);
        assert_eq!(throttled_in("throttled_usec x\n"), 0);
        let stat =
            "cpu  9 0 9 9 9 0 0 30 0 0\ncpu0 1 0 1 1 1 0 0 10 0 0\ncpu1 1 0 1 1 1 0 0 20 0 0\nintr 7\n";
        assert_eq!(stolen_ns(stat), 150_000_000);
        for nothing in ["", "cpu0 1 2", "no statistics"] {
            assert_eq!(stolen_ns(nothing), 0, "{nothing}");
        }
        for groups in ["", "0::/no/such/group", "4:cpu,cpuacct:/no/such/group", "nonsense"] {
            let _ = throttled_ns(groups);
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
