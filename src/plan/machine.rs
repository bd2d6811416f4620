//! What the machine has to give.

use super::quota::CpuQuota;

/// Descriptors that are not connections: standard streams, timers, the runtimes, output files.
const RESERVED_DESCRIPTORS: u64 = 64;

/// The machine's limits, as far as a plan depends on them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine {
    /// Cores that this process may use all the time, by its affinity and its quota; at least one.
    pub cores: u64,
    /// The CPU quota of its control group, where it has one.
    pub quota: Option<CpuQuota>,
    /// Cores of the whole machine.
    pub cores_of_machine: u64,
    /// File descriptors that this process may open.
    pub descriptors: u64,
    /// Ports that one local address has for connections to the same address of a service.
    pub ports: u64,
}

impl Machine {
    /// How many connections the file descriptors allow, at least one. `both_ends`: the process holds the other end too.
    pub(super) fn connections(&self, both_ends: bool) -> u64 {
        let ends = if both_ends { 2 } else { 1 };
        (self.descriptors.saturating_sub(RESERVED_DESCRIPTORS) / ends).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_takes_a_descriptor_for_each_end_that_this_process_holds() {
        let machine =
            |descriptors| Machine { cores: 2, quota: None, cores_of_machine: 2, descriptors, ports: 28_232 };
        assert_eq!(machine(1_024).connections(false), 960);
        assert_eq!(machine(1_024).connections(true), 480);
        assert_eq!(machine(10).connections(true), 1);
    }
}
