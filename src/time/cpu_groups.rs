//! The control groups that limit the CPU time of this process.

use std::path::{Path, PathBuf};

/// A control group with the CPU controller (cgroups(7)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CpuGroup {
    /// Where its files are, if it has any.
    pub directory: PathBuf,
    /// The files of version 2 have other names and units than those of version 1.
    pub is_version_2: bool,
}

/// The group of a process and all above it, in each hierarchy that can limit the CPU, from `/proc/self/cgroup`: one line
/// for each hierarchy, `id:controllers:path`. Version 2 has one hierarchy, without controllers; on a hybrid system it stands
/// beside those of version 1. In a container a path may be that on the host, where the files are those of the root: hence
/// all of them.
pub(crate) fn cpu_groups(groups: &str) -> impl Iterator<Item = CpuGroup> {
    let hierarchies = groups.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let is_version_2 = controllers.is_empty();
        let has_quotas = is_version_2 || controllers.split(',').any(|controller| controller == "cpu");
        has_quotas.then_some((path, is_version_2))
    });
    hierarchies.flat_map(|(path, is_version_2)| {
        let root = if is_version_2 { "/sys/fs/cgroup" } else { "/sys/fs/cgroup/cpu" };
        let upwards = Path::new(path.trim_start_matches('/')).ancestors();
        upwards.map(move |group| CpuGroup { directory: Path::new(root).join(group), is_version_2 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_on_the_way_up_counts_in_every_hierarchy_that_limits_the_cpu() {
        let found: Vec<_> = cpu_groups("4:memory:/m\n2:cpu,cpuacct:/a\nnonsense\n0::/b/c\n").collect();
        let expected = [
            ("/sys/fs/cgroup/cpu/a", false),
            ("/sys/fs/cgroup/cpu/", false),
            ("/sys/fs/cgroup/b/c", true),
            ("/sys/fs/cgroup/b", true),
            ("/sys/fs/cgroup/", true),
        ];
        let expected =
            expected.map(|(directory, is_version_2)| CpuGroup { directory: directory.into(), is_version_2 });
        assert_eq!(found, expected);
        for groups in ["", "0:", "1:memory:/"] {
            assert_eq!(cpu_groups(groups).count(), 0, "{groups}");
        }
    }
}
