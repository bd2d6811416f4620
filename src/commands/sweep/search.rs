//! `rpsbench sweep --find-knee`: drives the search. What to do next is decided in [`crate::search`]; here it is done.

use super::ladder::Rows;
use super::recovery::Recovering;
use crate::cli::SearchPlan;
use crate::commands::error::CommandError;
use crate::commands::runner::{Runner, rate_of};
use crate::commands::together::Crew;
use crate::judge::Slo;
use crate::result::{KneeEstimate, LoadVotes, Rung, SearchReport};
use crate::schedule::{ClosedLoop, LoopEnd, NANOS_PER_S, Rate, Source};
use crate::search::{
    Action, Bound, Event, History, Judged, KneeInterval, Objective, Purpose, Reason, SearchResult, Settings,
    Trial, Vote, bounds, knee_so_far, next, vote,
};
use crate::shard::Load;
use crate::time::{Clock, MonotonicClock};

/// Users and length of the closed loop that guesses where to begin: it measures throughput well, and latency badly.
const GUESSING_USERS: u64 = 16;
const GUESSING_NS: u64 = 2 * NANOS_PER_S;
/// What a trial takes besides its length and its warm-up: the drain and the probe after it, in seconds.
const DRAIN_AND_PROBE_S: f64 = 2.5;
/// Shortest and longest trial, in seconds.
const TRIAL_S: std::ops::RangeInclusive<f64> = 2.0..=120.0;
/// Trials of full length at one load, as far as they differ: two of three decide.
const VOTES: u32 = 3;
/// Share of arrivals that is allowed where no objective says.
const ALLOWED: f64 = 0.01;
/// How often the interval of a search holds the knee: docs/knee.md has the table.
const CONFIDENCE: f64 = 0.95;

/// A search that can be driven.
pub(super) struct Search<'a> {
    pub(super) plan: &'a SearchPlan,
    /// The highest rate that the generator can be trusted with, in requests per second.
    pub(super) ceiling_per_s: f64,
    /// When the search began, on the clock.
    pub(super) began_ns: u64,
    pub(super) recover_ns: u64,
    pub(super) warmup_s: f64,
    pub(super) rows: &'a Rows,
}

/// What a search leaves behind.
pub(super) struct Searched {
    pub(super) rungs: Vec<Rung>,
    pub(super) report: SearchReport,
    pub(super) reason: Reason,
    /// Whether it is an answer to what was asked: an interval as narrow as was asked for, or, where no width was, any.
    pub(super) is_answered: bool,
}

impl Search<'_> {
    /// Searches to the end.
    pub(super) async fn run(
        &self,
        runner: &mut Runner<'_>,
        crew: &Crew<'_>,
    ) -> Result<Searched, CommandError> {
        let lowest = crew.gentle(self.plan.min_rate);
        let recovering = Recovering { lowest, limit_ns: self.recover_ns };
        let calm_ms = recovering.calm_ms(runner).await?;
        let guess_per_s = self.guess(runner).await?;
        let settings = self.settings(guess_per_s, objective_of(&self.plan.slos, calm_ms), crew.overhead_s());
        settings.validate()?;
        runner.console.note(format_args!(
            "searching from {}/s to {:.0}/s: trials of {:.0} s, within {:.0} s",
            settings.lowest_per_s,
            settings.limit_per_s(),
            settings.trial_s,
            settings.budget_s
        ));
        let (mut history, mut rungs) = (History::default(), Vec::new());
        // Time that was spent before the first trial counts.
        history.push_time(self.elapsed_s());
        loop {
            if crew.is_stopping(runner) {
                history.push(Event::Interrupted, self.elapsed_s());
            }
            match next(&settings, &history) {
                Action::Done(answer) => {
                    let report = report_of(&answer, &history);
                    let is_answered = self.is_answered(&answer);
                    return Ok(Searched { rungs, report, reason: answer.reason, is_answered });
                }
                Action::Measure { rate_per_s, duration_s, purpose } => {
                    let doing = self.doing(&settings, &history, rate_per_s, duration_s, purpose);
                    let mut rung = self.trial(runner, crew, (rate_per_s, duration_s), &doing).await?;
                    let Judged { vote, severity, note } = vote(&rung.result);
                    runner.console.note(format_args!("  {vote}: {note}"));
                    let trial = Trial { rate_per_s, duration_s, purpose, vote, severity, note };
                    history.push(Event::Trial(trial), self.elapsed_s());
                    if !crew.is_stopping(runner) {
                        let recovery = recovering.recover(runner, calm_ms).await?;
                        if !recovery.recovered && !crew.is_stopping(runner) {
                            let waited_s = recovery.waited_s;
                            history.push(Event::DidNotRecover { waited_s }, self.elapsed_s());
                        }
                        rung.recovery = Some(recovery);
                    }
                    rungs.push(rung);
                    runner.partial().into_iter().for_each(|partial| partial.rung_ended(&rungs));
                }
            }
        }
    }

    fn is_answered(&self, answer: &SearchResult) -> bool {
        let wide_enough = answer.knee.is_some() && !self.plan.width_was_asked_for;
        answer.reason == Reason::Found || (answer.reason == Reason::BudgetSpent && wide_enough)
    }

    async fn trial(
        &self,
        runner: &mut Runner<'_>,
        crew: &Crew<'_>,
        (rate_per_s, duration_s): (f64, f64),
        doing: &str,
    ) -> Result<Rung, CommandError> {
        let length_ns = (duration_s * NANOS_PER_S as f64) as u64;
        let load = Load::Rate { rate: rate_of(rate_per_s)?, length_ns };
        let result = crew.measure_quietly(runner, load, doing).await?;
        self.rows.row(rate_per_s, &result);
        Ok(Rung { rate_per_s, repeat: 1, recovery: None, result })
    }

    /// A short closed loop, gentle by its number of users: its throughput is where to begin.
    async fn guess(&self, runner: &mut Runner<'_>) -> Result<Option<f64>, CommandError> {
        let users = ClosedLoop::new(GUESSING_USERS, LoopEnd::Duration(GUESSING_NS))?;
        let ok_per_s = runner.probe(Source::Users(users)).await?.rates.ok_per_s;
        runner.console.note(format_args!("first guess: {GUESSING_USERS} users get {ok_per_s:.0}/s"));
        Ok((ok_per_s > 0.0).then_some(ok_per_s))
    }

    fn settings(&self, guess_per_s: Option<f64>, objective: Objective, more_s: f64) -> Settings {
        let plan = self.plan;
        let overhead_s = self.warmup_s + DRAIN_AND_PROBE_S + more_s;
        let left_s = plan.budget_s - self.elapsed_s();
        let by_budget = || {
            Settings::trial_for_budget_s(plan.method, left_s, overhead_s)
                .clamp(*TRIAL_S.start(), *TRIAL_S.end())
        };
        let trial_s = plan.trial_s.unwrap_or_else(by_budget);
        let lowest_per_s = plan.min_rate.per_second();
        Settings {
            method: plan.method,
            objective,
            baseline_per_s: lowest_per_s,
            lowest_per_s,
            highest_per_s: plan.max_rate.map(Rate::per_second),
            ceiling_per_s: self.ceiling_per_s,
            guess_per_s,
            width: plan.width,
            trial_s,
            votes: VOTES,
            budget_s: plan.budget_s,
            overhead_s,
            warmup_s: self.warmup_s,
            confirm_s: plan.confirm_trials.map(|trials| trials * trial_s),
        }
    }

    /// What is done, and what is known so far.
    fn doing(
        &self,
        settings: &Settings,
        history: &History,
        rate_per_s: f64,
        duration_s: f64,
        purpose: Purpose,
    ) -> String {
        let known = match knee_so_far(settings, history) {
            Some(knee) => {
                format!(
                    "the knee lies between {}/s and {}/s",
                    as_read(knee.low_per_s),
                    as_read(knee.high_per_s)
                )
            }
            None => {
                let known = bounds(settings, history);
                let bound = |bound: Option<Bound>| {
                    bound.map_or_else(|| "?".to_owned(), |bound| format!("{}/s", bound.rate_per_s))
                };
                format!("holds {}, fails {}", bound(known.lower), bound(known.upper))
            }
        };
        format!(
            "trial {}: {purpose} at {rate_per_s}/s for {duration_s:.0} s; {known}; {:.0} s left",
            history.trials().count() + 1,
            settings.budget_s - self.elapsed_s()
        )
    }

    fn elapsed_s(&self) -> f64 {
        (MonotonicClock.now_ns() - self.began_ns) as f64 / NANOS_PER_S as f64
    }
}

/// What the objectives allow. Of several percentiles the one with the least time to wait: a queue exceeds it first. A wait
/// that the service has with next to no load is none that a queue could add.
fn objective_of(slos: &[Slo], calm_ms: f64) -> Objective {
    let slacks = slos.iter().filter_map(Slo::slower_than);
    let slacks = slacks
        .map(|(allowed, limit_s)| (allowed, limit_s - calm_ms / 1e3))
        .filter(|(_, slack_s)| *slack_s > 0.0);
    let tightest = slacks.min_by(|a, b| a.1.total_cmp(&b.1));
    match tightest {
        Some((allowed, slack_s)) => Objective { allowed, slack_s: Some(slack_s) },
        None => {
            let allowed = slos.iter().filter_map(Slo::allowed_loss).reduce(f64::min);
            Objective { allowed: allowed.unwrap_or(ALLOWED), slack_s: None }
        }
    }
}

/// The answer as a document has it.
fn report_of(answer: &SearchResult, history: &History) -> SearchReport {
    let mut loads: Vec<LoadVotes> = Vec::new();
    for trial in history.trials() {
        let place = loads.iter().position(|load| load.rate_per_s == trial.rate_per_s).unwrap_or_else(|| {
            loads.push(LoadVotes { rate_per_s: trial.rate_per_s, good: 0, bad: 0, void: 0 });
            loads.len() - 1
        });
        match trial.vote {
            Vote::Good => loads[place].good += 1,
            Vote::Bad => loads[place].bad += 1,
            Vote::Void => loads[place].void += 1,
        }
    }
    loads.sort_by(|a, b| a.rate_per_s.total_cmp(&b.rate_per_s));
    let knee = answer.knee.map(|knee| KneeEstimate {
        low_per_s: as_read(knee.low_per_s),
        likely_per_s: as_read(knee.likely_per_s),
        high_per_s: as_read(knee.high_per_s),
        confidence: CONFIDENCE,
    });
    let bound = |bound: Option<Bound>| bound.map(|bound| bound.rate_per_s);
    SearchReport {
        lower_per_s: knee.map(|knee| knee.low_per_s).or(bound(answer.lower)),
        upper_per_s: knee.map(|knee| knee.high_per_s).or(bound(answer.upper)),
        knee,
        confirmed: answer.confirmed,
        trials: u64::from(answer.trials),
        void_trials: u64::from(answer.void_trials),
        time_s: answer.time_s,
        code: answer.reason.code().to_owned(),
        reason: answer.reason.to_string(),
        words: words_of(answer),
        loads,
    }
}

/// Rounded to four digits: more would claim what no interval supports.
fn as_read(rate_per_s: f64) -> f64 {
    let scale = 10_f64.powi(3 - rate_per_s.log10().floor() as i32);
    (rate_per_s * scale).round() / scale
}

/// The answer, first of all what may be relied on.
fn words_of(answer: &SearchResult) -> String {
    let mut words = match answer.knee {
        Some(knee) => words_of_knee(knee),
        None => words_of_bounds(answer),
    };
    if answer.confirmed {
        words += "; confirmed by a longer trial";
    }
    words
}

/// `holds 281/s: the knee lies between 281/s and 296/s (95 %), most likely near 289/s`.
fn words_of_knee(knee: KneeInterval) -> String {
    let rate = |rate_per_s: f64| format!("{}/s", as_read(rate_per_s));
    format!(
        "holds {}: the knee lies between {} and {} ({:.0} %), most likely near {}",
        rate(knee.low_per_s),
        rate(knee.low_per_s),
        rate(knee.high_per_s),
        100.0 * CONFIDENCE,
        rate(knee.likely_per_s)
    )
}

/// "holds 285/s (3 of 3 trials good), fails 295/s (2 of 3 bad)".
fn words_of_bounds(answer: &SearchResult) -> String {
    let evidence = |bound: &Bound, good: bool| {
        let (good_trials, bad_trials) = (bound.good + bound.short_good, bound.bad + bound.short_bad);
        let (part, word) = if good { (good_trials, "good") } else { (bad_trials, "bad") };
        let undecided = if bound.decided { "" } else { ", not yet decided" };
        format!("{}/s ({part} of {} trials {word}{undecided})", bound.rate_per_s, good_trials + bad_trials)
    };
    let mut parts = Vec::new();
    parts.extend(answer.lower.as_ref().map(|bound| format!("holds {}", evidence(bound, true))));
    parts.extend(answer.upper.as_ref().map(|bound| format!("fails {}", evidence(bound, false))));
    if parts.is_empty() { "no bound was found".to_owned() } else { parts.join(", ") }
}
