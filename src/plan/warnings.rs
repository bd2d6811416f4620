//! What will not go well, seen before the run: limits of this machine against the rate and the connections.

use super::machine::Machine;
use super::planner::{Planner, threads_that_pace};
use super::settings::{Auto, OverflowPolicy};
use crate::schedule::{Rate, Source};

/// How long Linux keeps the port of a connection that this side closed (`TCP_TIMEWAIT_LEN`).
const TIME_WAIT_S: f64 = 60.0;

impl Planner {
    /// What the user should know of a run before its first request.
    pub(crate) fn warnings(&self, source: &Source) -> Vec<String> {
        match source {
            Source::Schedule(schedule) => {
                let rate = schedule.peak_rate();
                let rate_here = self.rate_here(rate);
                let ports = self.warning_of_ports(rate_here, schedule.duration_ns() as f64 / 1e9);
                let threads = self.warning_of_threads(self.threads(source), Some(rate_here));
                self.warning_of_cap(self.rate_of_the_cap(schedule))
                    .into_iter()
                    .chain(ports)
                    .chain(threads)
                    .collect()
            }
            Source::Users(users) => {
                let threads = self.warning_of_threads(self.threads(source), None);
                self.warning_of_users(users.users()).into_iter().chain(threads).collect()
            }
        }
    }

    /// That the threads of a run have less than a core each, or are fewer than its highest rate should have.
    pub(crate) fn warning_of_threads(&self, threads: u64, highest: Option<Rate>) -> Option<String> {
        let Machine { cores, quota, .. } = self.machine;
        if let Some(quota) = quota.filter(|quota| quota.is_exceeded_by(threads)) {
            let many = match threads {
                1 => "less than one thread can use".to_owned(),
                several => format!("less than {several} threads can use"),
            };
            let fewer = match quota.threads() {
                fewer if fewer < threads => format!(", or use --threads {fewer}"),
                _ => String::new(),
            };
            return Some(format!(
                "the CPU quota of this control group is {quota}, {many}; when it is used up the client stands still until \
                 the period ends, and what is due then is sent late: raise the quota{fewer}"
            ));
        }
        let (rate, best) = highest.map(|rate| (rate, threads_that_pace(rate)))?;
        let is_limited = self.settings.threads == Auto::Auto && threads == cores && threads < best;
        is_limited.then(|| {
            let why = match quota.filter(|quota| quota.threads() == cores) {
                Some(quota) => format!("the CPU quota of this control group is {quota}"),
                None => "this process may use no more cores".to_owned(),
            };
            let noun = if threads == 1 { "thread" } else { "threads" };
            format!("{rate} is paced by {threads} {noun} instead of {best}: {why}")
        })
    }

    fn warning_of_users(&self, users: u64) -> Option<String> {
        let connections = self.connections();
        (users > connections).then(|| {
            format!(
                "{users} users are more than the {connections} connections that the file descriptors allow; raise \
                 `ulimit -n`"
            )
        })
    }

    /// That the cap can bind, or that there is no room for it.
    fn warning_of_cap(&self, rate: Rate) -> Option<String> {
        let (unbound, connections) = (self.unbound_cap(rate), self.connections());
        match self.settings.max_in_flight {
            Auto::Auto => (unbound > connections).then(|| {
                format!(
                    "the cap is {connections} requests in flight, for want of file descriptors; a service that hangs \
                     could need {unbound} (rate x timeout); raise `ulimit -n`, or shorten --timeout"
                )
            }),
            Auto::Given(cap) if cap > connections => Some(format!(
                "the cap of {cap} requests in flight is more than the {connections} connections that the file \
                 descriptors allow; raise `ulimit -n`"
            )),
            Auto::Given(cap) => (cap < unbound).then(|| {
                format!(
                    "the cap of {cap} requests in flight can bind: a slow service could need {unbound} (rate x \
                     timeout); arrivals that find it full are counted as {}",
                    if self.settings.overflow == OverflowPolicy::Drop { "overflow" } else { "slot wait" }
                )
            }),
        }
    }

    /// That new connections will use up the local ports. A connection that carries so many requests needs a new port for
    /// every so many arrivals, and a port that was used rests for a minute; each local address has ports of its own.
    fn warning_of_ports(&self, rate: Rate, duration_s: f64) -> Option<String> {
        let requests = if self.settings.keepalive { self.settings.max_requests? } else { 1 };
        let ports = self.machine.ports.saturating_mul(self.settings.local_addresses?.max(1));
        let opened_per_s = rate.per_second() / requests.max(1) as f64;
        let resting = (opened_per_s * TIME_WAIT_S.min(duration_s)) as u64;
        (resting > ports).then(|| {
            format!(
                "the local ports may run out: {opened_per_s:.0} new connections/s leave {resting} ports resting, of {ports} to \
                 each address of the service; keep connections alive, give more --local-address, or widen \
                 net.ipv4.ip_local_port_range"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::quota::CpuQuota;
    use super::super::settings::Settings;
    use super::*;
    use crate::schedule::{ClosedLoop, LoopEnd};

    fn warnings(settings: Settings, source: impl Fn(&Planner) -> Source) -> Vec<String> {
        let machine =
            Machine { cores: 4, quota: None, cores_of_machine: 4, descriptors: 1_064, ports: 28_232 };
        let planner = Planner::new(settings, machine);
        planner.warnings(&source(&planner))
    }

    fn open(rate: &str, seconds: u64) -> impl Fn(&Planner) -> Source {
        let rate: Rate = rate.parse().unwrap();
        move |planner| planner.at(rate, seconds * 1_000_000_000).unwrap()
    }

    #[test]
    fn ports_run_out_when_connections_are_not_kept() {
        let warning = |rate: &str, seconds, requests, local_addresses| {
            let (keepalive, max_requests) = (requests != Some(1), requests);
            // A short timeout, so that the cap has room.
            let asked =
                Settings { keepalive, max_requests, local_addresses, timeout_ns: 1, ..Settings::plain() };
            warnings(asked, open(rate, seconds))
        };
        let none: [&str; 0] = [];
        assert_eq!(warning("100000", 600, None, Some(0)), none, "connections are kept");
        assert_eq!(warning("400", 600, Some(1), Some(0)), none, "24,000 of 28,232");
        assert!(warning("500", 600, Some(1), Some(0))[0].contains("leave 30000 ports resting, of 28232"));
        assert_eq!(warning("500", 600, Some(1), Some(2)), none, "two addresses have twice as many");
        assert_eq!(warning("500", 600, Some(2), Some(0)), none);
        assert_eq!(warning("500", 30, Some(1), Some(0)), none, "a short run uses fewer");
        assert_eq!(warning("500", 600, Some(1), None), none, "a Unix socket has none");
    }

    #[test]
    fn a_cap_that_can_bind_is_announced_and_so_is_one_without_room() {
        let warning = |max_in_flight, overflow, rate| {
            warnings(Settings { max_in_flight, overflow, ..Settings::plain() }, open(rate, 1)).join("\n")
        };
        assert_eq!(
            warning(Auto::Auto, OverflowPolicy::Drop, "90"),
            "",
            "90/s x 10 s, a tenth and ten: 1,000"
        );
        assert!(warning(Auto::Auto, OverflowPolicy::Drop, "91").contains("could need 1011 (rate x timeout)"));
        assert!(warning(Auto::Given(999), OverflowPolicy::Drop, "90").contains("counted as overflow"));
        assert!(warning(Auto::Given(999), OverflowPolicy::Queue(1), "90").contains("counted as slot wait"));
        assert_eq!(warning(Auto::Given(1_000), OverflowPolicy::Drop, "90"), "");
        assert!(warning(Auto::Given(1_001), OverflowPolicy::Drop, "90").contains("more than the 1000"));
    }

    /// What is said of the threads of a run, and how many they are.
    fn of_threads(threads: Auto<u64>, cores: u64, quota_us: Option<u64>, rate: &str) -> (u64, String) {
        let quota = quota_us.and_then(|run_us| CpuQuota::new(run_us, 100_000));
        let cores = cores.min(quota.map_or(u64::MAX, CpuQuota::threads));
        let machine = Machine { cores, quota, cores_of_machine: 8, descriptors: u64::MAX, ports: u64::MAX };
        let planner = Planner::new(Settings { threads, ..Settings::plain() }, machine);
        let source = open(rate, 1)(&planner);
        (planner.threads(&source), planner.warnings(&source).join("\n"))
    }

    #[test]
    fn the_threads_that_are_chosen_are_as_many_as_the_rate_the_cores_and_the_quota_allow() {
        let auto = |cores, quota_us| of_threads(Auto::Auto, cores, quota_us, "100000");
        assert_eq!(auto(8, None), (3, String::new()), "as many as pace the rate");
        assert_eq!(auto(3, Some(300_000)), (3, String::new()));
        let limited = "100000/s is paced by 2 threads instead of 3: ";
        assert_eq!(auto(2, None), (2, format!("{limited}this process may use no more cores")));
        assert_eq!(auto(2, Some(700_000)), (2, format!("{limited}this process may use no more cores")));
        let by_quota = "the CPU quota of this control group is 2.5 cores (250 ms of every 100 ms)";
        assert_eq!(auto(8, Some(250_000)), (2, format!("{limited}{by_quota}")));
        assert_eq!(of_threads(Auto::Auto, 8, Some(250_000), "80000"), (2, String::new()));
    }

    #[test]
    fn threads_that_a_quota_stops_are_announced() {
        let (threads, said) = of_threads(Auto::Auto, 8, Some(20_000), "10");
        assert_eq!(threads, 1);
        assert_eq!(
            said,
            "the CPU quota of this control group is 0.2 cores (20 ms of every 100 ms), less than one thread can use; \
             when it is used up the client stands still until the period ends, and what is due then is sent late: raise \
             the quota"
        );
        let (threads, said) = of_threads(Auto::Given(4), 8, Some(250_000), "10");
        assert_eq!(threads, 4);
        assert!(
            said.contains("less than 4 threads can use") && said.ends_with(", or use --threads 2"),
            "{said}"
        );
        assert_eq!(of_threads(Auto::Given(4), 1, None, "10"), (4, String::new()));
        assert_eq!(of_threads(Auto::Given(2), 8, Some(200_000), "10"), (2, String::new()));
    }

    #[test]
    fn users_need_a_connection_each() {
        let warning = |users| {
            let users = ClosedLoop::new(users, LoopEnd::Requests(1)).unwrap();
            warnings(Settings::plain(), |_| Source::Users(users))
        };
        assert!(warning(1_000).is_empty() && warning(1_001)[0].contains("1001 users are more than the 1000"));
    }
}
