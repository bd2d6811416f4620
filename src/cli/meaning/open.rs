//! An open loop at any rate: what `run` does once, and a ladder or a comparison again and again.

use super::super::args::{ArrivalsArg, LoadArgs, OpenLoopArgs, OverflowArg, ReportingArgs, TrafficArgs};
use super::super::values::{FewOrAuto, LimitOrAll};
use super::limits::{cap_for, lead_for, threads_of, warn_of_cap};
use super::setup::plan_of;
use super::{Machine, Setup};
use crate::plan::{OverflowPolicy, Plan};
use crate::result::BurstDepth;
use crate::schedule::{Arrivals, NANOS_PER_S, Rate, Schedule, ScheduleError, Source};

/// What open loops at different rates have in common.
#[derive(Debug, Clone)]
pub(crate) struct OpenLoop {
    /// A plan whose schedule, cap, threads and lead are still to be set.
    template: Plan,
    arrivals: Arrivals,
    warmup_ns: u64,
    max_in_flight: FewOrAuto,
    threads: FewOrAuto,
    lead_ns: Option<u64>,
    /// Connections that the file descriptors allow.
    connections: u64,
    machine: Machine,
}

impl OpenLoop {
    pub(super) fn new(
        traffic: &TrafficArgs,
        load: &LoadArgs,
        open: &OpenLoopArgs,
        reporting: &ReportingArgs,
        setup: &Setup,
        machine: Machine,
    ) -> Self {
        // Any schedule does: it is set for each run.
        let mut template = plan_of(Source::Schedule(Schedule::one()), traffic, load, reporting);
        template.overflow = match open.overflow {
            OverflowArg::Drop => OverflowPolicy::Drop,
            OverflowArg::Queue => OverflowPolicy::Queue(open.queue),
        };
        template.burst = match open.burst {
            LimitOrAll::All => BurstDepth::All,
            LimitOrAll::Number(tokens) => BurstDepth::Tokens(tokens),
        };
        Self {
            template,
            arrivals: match open.arrivals {
                ArrivalsArg::Constant => Arrivals::Constant,
                ArrivalsArg::Poisson => Arrivals::Poisson,
            },
            warmup_ns: load.warmup.0,
            max_in_flight: open.max_in_flight,
            threads: load.threads,
            lead_ns: open.lead.map(|span| span.0.min(NANOS_PER_S)),
            connections: setup.connections(machine),
            machine,
        }
    }

    /// Evenly spaced, without a warm-up, with a cap that cannot bind: nothing but the rate.
    pub(super) fn plain(setup: &Setup, machine: Machine) -> Self {
        Self {
            template: Plan::plain(),
            arrivals: Arrivals::Constant,
            warmup_ns: 0,
            max_in_flight: FewOrAuto::Auto,
            threads: FewOrAuto::Auto,
            lead_ns: None,
            connections: setup.connections(machine),
            machine,
        }
    }

    /// The threads that a rate asks for. The workers of a session serve all its runs: ask with the highest rate.
    pub(crate) fn threads_for(&self, rate: Rate) -> u64 {
        let cap = cap_for(self.max_in_flight, rate, self.template.timeout_ns, self.connections);
        let room = cap.min(self.template.connections.unwrap_or(u64::MAX));
        threads_of(self.threads, rate, self.machine, room, self.template.burst)
    }

    /// The plan of a schedule, on so many threads. The spacing, the seed and the warm-up are those of the flags.
    ///
    /// # Errors
    /// [`ScheduleError`] when the warm-up is too long.
    pub(crate) fn plan(&self, schedule: Schedule, threads: u64) -> Result<Plan, ScheduleError> {
        let rate = schedule.peak_rate();
        let schedule =
            schedule.with_arrivals(self.arrivals, self.template.seed).with_warmup(self.warmup_ns)?;
        let lead = || lead_for(rate.per_second() / threads as f64, self.machine);
        Ok(Plan {
            source: Source::Schedule(schedule),
            max_in_flight: cap_for(self.max_in_flight, rate, self.template.timeout_ns, self.connections),
            threads,
            lead_ns: self.lead_ns.unwrap_or_else(lead),
            ..self.template.clone()
        })
    }

    /// What the user should know about the cap at a rate.
    pub(super) fn warning(&self, rate: Rate) -> Option<String> {
        let overflows = self.template.overflow == OverflowPolicy::Drop;
        warn_of_cap(self.max_in_flight, overflows, rate, self.template.timeout_ns, self.connections)
    }
}
