//! What the machine has to give.

use std::fs;
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::quota::cpu_quota;
use crate::plan::{CpuQuota, Machine};

/// Reads the machine's limits, after raising the soft limit on file descriptors to the hard one: every connection
/// needs a descriptor, and the soft limit is commonly 1,024.
pub(super) fn machine() -> Machine {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // A refusal leaves the limit as it was, and the cap is chosen by what is read here.
    let _ = setrlimit(Resource::Nofile, wanted);
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let quota = cpu_quota();
    // The standard library knows the affinity, and quotas too, on some systems.
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    Machine {
        cores: cores.min(quota.map_or(u64::MAX, CpuQuota::threads)),
        quota,
        cores_of_machine: cores_of_machine().unwrap_or(cores),
        descriptors,
        ports: ephemeral_ports().unwrap_or(DEFAULT_PORTS),
    }
}

/// Linux's default range, 32768 to 60999.
const DEFAULT_PORTS: u64 = 28_232;

/// The local ports that the system gives to connections.
fn ephemeral_ports() -> Option<u64> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = range.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    (last + 1).checked_sub(first)
}

/// The cores of the whole machine: a process bound to one of them still has neighbours that work meanwhile.
fn cores_of_machine() -> Option<u64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let is_core = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    Some(stat.lines().filter(is_core).count() as u64).filter(|cores| *cores > 0)
}
