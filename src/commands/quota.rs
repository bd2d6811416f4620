//! The CPU quota of the control group that this process is in.

use std::fs;
use std::path::Path;

use crate::plan::CpuQuota;
use crate::time::{CpuGroup, cpu_groups};

/// The tightest quota of the group and of those above it; `None`: there is none, or this system has none.
pub(super) fn cpu_quota() -> Option<CpuQuota> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    tightest(&groups, |file| fs::read_to_string(file).ok())
}

fn tightest(groups: &str, read: impl Fn(&Path) -> Option<String>) -> Option<CpuQuota> {
    let quota_of = |group: CpuGroup| {
        let read = |file| read(&group.directory.join(file));
        if group.is_version_2 {
            quota_in(&read("cpu.max")?)
        } else {
            quota_in(&format!("{} {}", read("cpu.cfs_quota_us")?.trim(), read("cpu.cfs_period_us")?))
        }
    };
    cpu_groups(groups).filter_map(quota_of).min_by(|one, other| one.cores().total_cmp(&other.cores()))
}

/// `QUOTA PERIOD` in microseconds. No quota is `max` in version 2 and -1 in version 1.
fn quota_in(text: &str) -> Option<CpuQuota> {
    let mut numbers = text.split_ascii_whitespace().map(str::parse);
    CpuQuota::new(numbers.next()?.ok()?, numbers.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quota of a process in `groups`, where these files are.
    fn found(groups: &str, files: &[(&str, &str)]) -> Option<f64> {
        let content = |path: &Path| files.iter().find(|(name, _)| Path::new(name) == path);
        let quota = tightest(groups, |path| content(path).map(|(_, text)| (*text).to_owned()));
        quota.map(CpuQuota::cores)
    }

    #[test]
    fn a_quota_of_version_2_is_that_of_the_tightest_group_on_the_way_up() {
        let files = [
            ("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n"),
            ("/sys/fs/cgroup/a/cpu.max", "150000 100000\n"),
            ("/sys/fs/cgroup/cpu.max", "400000 100000\n"),
        ];
        assert_eq!(found("0::/a/b\n", &files), Some(1.5));
        assert_eq!(found("0::/\n", &files), Some(4.0));
        assert_eq!(found("0::/of/the/host\n", &files), Some(4.0), "in a container");
    }

    #[test]
    fn a_quota_of_version_1_has_its_period_in_another_file() {
        let groups = "9:name=systemd:/\n4:memory:/m\n3:cpuset:/x\n2:cpu,cpuacct:/a\n0::/\n";
        let quota = ("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "10000\n");
        let period = ("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "50000\n");
        let without = ("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1\n");
        assert_eq!(found(groups, &[quota, period]), Some(0.2));
        assert_eq!(found(groups, &[without, period]), None);
        assert_eq!(found(groups, &[quota]), None);
    }

    #[test]
    fn where_nothing_is_told_there_is_no_quota() {
        let file = |content| [("/sys/fs/cgroup/cpu.max", content)];
        for content in ["", "max", "100000", "0 100000", "100000 0", "a b", "-5 100000"] {
            assert_eq!(found("0::/", &file(content)), None, "{content}");
        }
        for groups in ["", "nonsense", "0:", "1:memory:/"] {
            assert_eq!(found(groups, &file("50000 100000")), None, "{groups}");
        }
    }
}
