//! What is known of a command under way: a function of what the workers have reported. No clock and no terminal.

use std::collections::VecDeque;

use super::history::{History, Second};
use super::tally::Tally;
use crate::judge::Slo;
use crate::load::Progress;
use crate::plan::{Plan, Traffic};
use crate::report::sweep;
use crate::result::Summary;
use crate::schedule::{LoopEnd, NANOS_PER_S, Source};

/// Remarks that are kept for the screen; all of them are printed when it is gone.
const REMARKS: usize = 32;
/// Rows of the table that are kept for the screen.
const ROWS: usize = 256;
/// How long an interrupted run waits for its last answers, in nanoseconds, at most.
const INTERRUPTED_NS: u64 = NANOS_PER_S;

/// How far a run is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// Warm-up and measurement together, in nanoseconds.
    Time(u64),
    /// So many requests, however long they take.
    Requests(u64),
}

/// What is to be run.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Course {
    /// How the load is made: `open loop, 300/s`.
    pub(super) load: String,
    /// What is asked of whom, without what must not be shown.
    pub(super) target: String,
    pub(super) goal: Goal,
    /// The part of it that is left out of the figures of the whole run, in nanoseconds.
    pub(super) warmup_ns: u64,
    /// The wait for the last answers after that, at most, in nanoseconds.
    pub(super) drain_ns: u64,
    /// A request without a good answer took at least that, in nanoseconds.
    pub(super) timeout_ns: u64,
    /// Requests in flight at most.
    pub(super) cap: u64,
    pub(super) slos: Vec<Slo>,
}

impl Course {
    pub(in crate::commands) fn of(plan: &Plan, traffic: &Traffic) -> Self {
        let load = match &plan.source {
            Source::Schedule(schedule) => {
                let up_to = if schedule.phases().is_empty() { "" } else { "up to " };
                format!("open loop, {up_to}{}", schedule.peak_rate())
            }
            Source::Users(users) => format!("closed loop, {} users", users.users()),
        };
        let goal = match (&plan.source, plan.source.duration_ns()) {
            (_, Some(length_ns)) => Goal::Time(plan.source.warmup_ns() + length_ns),
            (Source::Users(users), None) => match users.end() {
                LoopEnd::Requests(requests) => Goal::Requests(requests),
                LoopEnd::Duration(length_ns) => Goal::Time(length_ns),
            },
            // A schedule always has a length.
            (Source::Schedule(_), None) => Goal::Time(0),
        };
        Self {
            load,
            target: format!("{} {}", traffic.method, traffic.target),
            goal,
            warmup_ns: plan.source.warmup_ns(),
            drain_ns: plan.drain_ns,
            timeout_ns: plan.timeout_ns,
            cap: plan.max_in_flight,
            // Those on one phase are judged when all is known.
            slos: plan.slos.iter().filter(|slo| slo.phase().is_none()).cloned().collect(),
        }
    }
}

/// What a run does just now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Phase {
    /// Its agreed start is still to come, or nothing has been reported yet.
    Starting,
    WarmingUp,
    Measuring,
    /// The schedule is over; the last answers are waited for, at most so many seconds more.
    Draining {
        left_s: u64,
    },
    /// It is over, and the next one is still to come.
    Over,
}

/// A run under way.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) course: Course,
    /// Its start on the clock, in nanoseconds.
    origin_ns: u64,
    /// The last report, by the same clock.
    reported_ns: u64,
    is_warmup: bool,
    is_over: bool,
    /// When it was interrupted.
    stopped_ns: Option<u64>,
    pub(super) in_flight: u64,
    pub(super) tally: Tally,
    pub(super) history: History,
}

impl Run {
    fn new(course: Course, origin_ns: u64) -> Self {
        Self {
            course,
            origin_ns,
            reported_ns: origin_ns,
            is_warmup: false,
            is_over: false,
            stopped_ns: None,
            in_flight: 0,
            tally: Tally::default(),
            history: History::default(),
        }
    }

    fn second(&mut self, now_ns: u64, progress: &Progress) {
        let (from_ns, until_ns) = (self.reported_ns, now_ns.max(self.reported_ns));
        let ends_ns = match self.course.goal {
            Goal::Time(total_ns) => self.origin_ns.saturating_add(total_ns),
            Goal::Requests(_) => u64::MAX,
        };
        let ends_ns = ends_ns.min(self.stopped_ns.unwrap_or(u64::MAX));
        // Of a second with the end of the warm-up in it the larger part counts: a report comes a little late, when the first
        // measured arrival may have been due already.
        let middle_ns = from_ns.midpoint(until_ns) - self.origin_ns;
        let is_warmup = middle_ns < self.course.warmup_ns;
        if self.is_warmup && !is_warmup {
            self.tally = Tally::default();
        }
        self.tally.add(progress, until_ns.min(ends_ns).saturating_sub(from_ns));
        // The last report of a run comes when it is over: what is left of a second is no second.
        if until_ns - from_ns >= NANOS_PER_S / 2 {
            self.history.push(Second::new(progress, until_ns - from_ns, self.in_flight));
        }
        self.in_flight = progress.in_flight;
        self.is_warmup = is_warmup;
        self.reported_ns = until_ns;
    }

    /// Time since the start, in nanoseconds.
    pub(super) fn elapsed_ns(&self) -> u64 {
        self.reported_ns - self.origin_ns
    }

    /// Whole seconds since the start: reports come a little late, and count for the second that they are about.
    pub(super) fn elapsed_s(&self) -> u64 {
        self.elapsed_ns() / NANOS_PER_S
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopped_ns.is_some()
    }

    pub(super) fn phase(&self) -> Phase {
        let drain = |from_ns: u64, length_ns: u64| {
            let left_ns = from_ns.saturating_add(length_ns).saturating_sub(self.reported_ns);
            Phase::Draining { left_s: left_ns.div_ceil(NANOS_PER_S) }
        };
        match (self.stopped_ns, self.course.goal) {
            _ if self.is_over => Phase::Over,
            (Some(stopped_ns), _) => drain(stopped_ns, self.course.drain_ns.min(INTERRUPTED_NS)),
            _ if self.elapsed_ns() == 0 => Phase::Starting,
            // A report comes when its second is over.
            (None, Goal::Time(total_ns)) if self.elapsed_ns() > total_ns + NANOS_PER_S / 2 => {
                drain(self.origin_ns.saturating_add(total_ns), self.course.drain_ns)
            }
            _ if self.is_warmup => Phase::WarmingUp,
            _ => Phase::Measuring,
        }
    }

    /// How much of it is done, of 1, and how many seconds are left, as far as that is known.
    pub(super) fn progress(&self) -> (f64, Option<u64>) {
        match self.course.goal {
            Goal::Time(total_ns) => {
                let done_ns = self.elapsed_ns().min(total_ns);
                (done_ns as f64 / total_ns.max(1) as f64, Some((total_ns - done_ns).div_ceil(NANOS_PER_S)))
            }
            Goal::Requests(requests) => {
                let done = self.tally.ledger.planned.min(requests);
                let share = done as f64 / requests.max(1) as f64;
                let left_s = self.elapsed_ns() as f64 / NANOS_PER_S as f64 * (1.0 / share - 1.0);
                (share, (done > 0).then_some(left_s.ceil() as u64))
            }
        }
    }
}

/// All that the screen shows.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Model {
    pub(super) run: Option<Run>,
    /// Which of several runs that is, and why: a rung, or a trial of a search.
    pub(super) doing: Option<String>,
    /// A row for each run that is over.
    pub(super) rows: VecDeque<String>,
    /// Notes and warnings, the newest last.
    pub(super) remarks: VecDeque<String>,
}

impl Model {
    /// A run begins at `origin_ns` on the clock.
    pub(super) fn begin(&mut self, course: Course, origin_ns: u64) {
        self.run = Some(Run::new(course, origin_ns));
    }

    /// About a second has passed; it is `now_ns` on the clock.
    pub(super) fn second(&mut self, now_ns: u64, progress: &Progress) {
        if let Some(run) = &mut self.run {
            run.second(now_ns, progress);
        }
    }

    /// The run is interrupted.
    pub(super) fn stop(&mut self, now_ns: u64) {
        if let Some(run) = &mut self.run {
            run.stopped_ns.get_or_insert(now_ns.max(run.reported_ns));
        }
    }

    /// The run is over.
    pub(super) fn end(&mut self, summary: &Summary) {
        let Some(run) = &mut self.run else { return };
        run.is_over = true;
        let load = match (summary.plan.rate_per_s, summary.plan.concurrency) {
            (Some(rate_per_s), _) => format!("{rate_per_s}/s"),
            (None, users) => format!("{} users", users.unwrap_or_default()),
        };
        keep(&mut self.rows, sweep::short_row(&load, summary), ROWS);
    }

    pub(super) fn remark(&mut self, text: &str) {
        text.lines().for_each(|line| keep(&mut self.remarks, line.to_owned(), REMARKS));
    }
}

fn keep(lines: &mut VecDeque<String>, line: String, most: usize) {
    if lines.len() == most {
        lines.pop_front();
    }
    lines.push_back(line);
}
