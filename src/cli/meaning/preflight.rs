//! What will not go well, seen before the run: limits of this machine against the rate and the connections.

use super::super::args::NetworkArgs;
use super::Machine;
use crate::plan::Plan;
use crate::schedule::Rate;

/// How long Linux keeps the port of a connection that this side closed (`TCP_TIMEWAIT_LEN`).
const TIME_WAIT_S: f64 = 60.0;

/// Warns when new connections will use up the local ports. A connection that carries `requests` needs a new port for
/// every so many arrivals, and a port that was used rests for a minute; each local address has ports of its own.
pub(super) fn ports(rate: Rate, plan: &Plan, network: &NetworkArgs, machine: Machine) -> Option<String> {
    // A Unix socket has no ports.
    if network.unix_socket.is_some() {
        return None;
    }
    let requests = if plan.keepalive { plan.max_requests } else { Some(1) };
    let duration_s = plan.source.horizon_ns() as f64 / 1e9;
    warn_of_ports(rate, duration_s, requests, network.local_address.len(), machine)
}

fn warn_of_ports(
    rate: Rate,
    duration_s: f64,
    requests: Option<u64>,
    local_addresses: usize,
    machine: Machine,
) -> Option<String> {
    let requests = requests?.max(1);
    let opened_per_s = rate.per_second() / requests as f64;
    let resting = (opened_per_s * TIME_WAIT_S.min(duration_s)) as u64;
    let ports = machine.ports * local_addresses.max(1) as u64;
    (resting > ports).then(|| {
        format!(
            "the local ports may run out: {opened_per_s:.0} new connections/s leave {resting} ports resting, of {ports} to each \
             address of the service; keep connections alive, give more --local-address, or widen \
             net.ipv4.ip_local_port_range"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: Machine = Machine { cores: 2, cores_of_machine: 2, descriptors: 1_024, ports: 28_232 };

    #[test]
    fn ports_run_out_when_connections_are_not_kept() {
        let warning = |rate: &str, seconds, requests, addresses| {
            warn_of_ports(rate.parse().unwrap(), seconds, requests, addresses, MACHINE)
        };
        assert_eq!(warning("100000", 600.0, None, 0), None, "connections are kept");
        assert_eq!(warning("400", 600.0, Some(1), 0), None, "24,000 of 28,232");
        assert!(warning("500", 600.0, Some(1), 0).unwrap().contains("leave 30000 ports resting, of 28232"));
        assert_eq!(warning("500", 600.0, Some(1), 2), None, "two addresses have twice as many");
        assert_eq!(warning("500", 600.0, Some(2), 0), None);
        assert_eq!(warning("500", 30.0, Some(1), 0), None, "a short run uses fewer");
    }
}
