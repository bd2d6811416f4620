//! One run, from its plan to what was counted: who is told meanwhile, and what ends it.

use std::cell::RefCell;

use jiff::Timestamp;

use super::{Runner, Shown};
use crate::commands::console;
use crate::commands::error::CommandError;
use crate::commands::facts::{cut_off, facts_of};
use crate::commands::live::{Course, Display, Lengths, LiveScreen, ProgressLine};
use crate::commands::start::Start;
use crate::judge::{AbortWatch, WatchedSecond, sum_up, sum_up_so_far};
use crate::load::{Finished, Progress};
use crate::measure::Recorder;
use crate::plan::{Plan, Purpose};
use crate::result::{RunFacts, ShardAccount, ShardRecord, Summary};
use crate::schedule::Source;
use crate::time::MonotonicClock;

impl Runner<'_> {
    pub(super) async fn carry_out(
        &mut self,
        source: Source,
        purpose: Purpose,
        shown: Shown,
    ) -> Result<Summary, CommandError> {
        let plan = self.plan(source, purpose);
        let is_measured = purpose == Purpose::Measurement;
        let at = self.sharding.start_at.filter(|_| is_measured);
        let watch = if is_measured { self.abort.clone() } else { AbortWatch::default() };
        let (facts, recorder, start) = self.follow(&plan, at, watch, shown).await?;
        let identity = self.sharding.identity.as_ref().filter(|_| is_measured);
        let shard = identity.map(|identity| ShardRecord {
            index: identity.shard.index(),
            count: identity.shard.count(),
            from: identity.from.clone(),
            started_at_us: start.unix_ns / 1_000,
            clock_offset_us: self.sharding.clock.map(|clock| clock.ahead_ns as f64 / 1e3),
            clock_error_us: self.sharding.clock.map(|clock| clock.error_ns as f64 / 1e3),
            account: Box::new(ShardAccount::of(&facts, &recorder, &self.workload)),
        });
        let summary = Summary { shard, ..sum_up(facts, &plan.slos, &recorder, &self.workload)? };
        if let Some(screen) = self.screen.as_ref().filter(|_| shown != Shown::Nowhere) {
            screen.end(&summary);
        }
        Ok(summary)
    }

    /// Puts up the screen for the first run that it is to show; where that fails a line does.
    fn show_screen(&mut self, shown: Shown) {
        if self.display != Display::Screen || shown == Shown::Nowhere || self.screen.is_some() {
            return;
        }
        match LiveScreen::start() {
            Ok(screen) => self.screen = Some(screen),
            Err(error) => {
                self.display = Display::Line;
                self.console.warn(format_args!("no live screen, so there is a line: {error}"));
            }
        }
    }

    pub(super) async fn follow(
        &mut self,
        plan: &Plan,
        at: Option<Timestamp>,
        mut watch: AbortWatch,
        shown: Shown,
    ) -> Result<(RunFacts, Recorder, Start), CommandError> {
        self.show_screen(shown);
        let has_line = self.display == Display::Line && shown == Shown::Everywhere;
        let line = RefCell::new(ProgressLine::new(has_line, Lengths::of(plan)));
        let screen = self.screen.as_ref().filter(|_| shown != Shown::Nowhere);
        let known = self.is_stopping();
        let stop = self.signals.stop();
        let (signals, aborted) = (self.signals, RefCell::new(None));
        let (remarks, quiet) = (&mut self.remarks, self.console.is_quiet());
        let is_measured = plan.is_divided;
        self.signals.unless_left(self.session.prepare(plan, &self.workload)).await?;
        // Last of all: from here on the time runs.
        let start = Start::new(&MonotonicClock, at)?;
        if let Some(ahead) = start.is_far_ahead(&MonotonicClock) {
            self.console.note(ahead);
        }
        if let Some(screen) = screen {
            screen.begin(Course::of(plan, &self.traffic), start.origin_ns);
        }
        let mut witnesses = Some(&mut self.witnesses).filter(|_| is_measured);
        let log = witnesses.as_mut().and_then(|all| all.begin(start, plan.source.warmup_ns()));
        let partial = witnesses
            .as_ref()
            .and_then(|all| all.partial.clone())
            .filter(|partial| partial.has_what_goes_on());
        let (workload, traffic, idle) = (&self.workload, &self.traffic, &self.idle);
        let mut keep = |mut finished: Finished| {
            cut_off(plan, workload, &mut finished);
            let (facts, recorder) = facts_of(plan, workload, traffic, start.words(), finished);
            let facts = RunFacts { idle: idle.clone(), ..facts };
            // What does not add up is no result to keep.
            if let (Some(partial), Ok(result)) =
                (&partial, sum_up_so_far(facts, &plan.slos, &recorder, workload))
            {
                partial.so_far(result);
            }
        };
        let on_so_far = partial.as_ref().map(|_| &mut keep as &mut dyn FnMut(Finished));
        let on_progress = |progress: &Progress| {
            line.borrow_mut().show(progress);
            if let Some(screen) = screen {
                screen.second(progress);
            }
            if let Some(witnesses) = &mut witnesses {
                witnesses.second(progress);
            }
            let is_over = aborted.borrow().is_some() || signals.are_stopping();
            if let Some(why) = watch.second(&second_of(progress)).filter(|_| !is_over) {
                line.borrow().remark(&format!("aborted: {why}"));
                aborted.replace(Some(why));
                signals.end();
            }
        };
        let run = self.session.run(plan, start.origin_ns, stop, log, on_progress, on_so_far);
        let saying_that_it_ends = async {
            self.signals.stopped().await;
            if let Some(screen) = screen {
                screen.stop();
            }
            if known || aborted.borrow().is_some() {
                return std::future::pending().await;
            }
            line.borrow()
                .remark("interrupted: waiting at most 1 s for answers under way; again to leave at once");
            std::future::pending().await
        };
        let telling = async {
            while let Some(warning) = remarks.recv().await {
                if !quiet {
                    line.borrow().remark(&format!("warning: {warning}"));
                }
            }
            std::future::pending().await
        };
        let finished = tokio::select! {
            finished = self.signals.unless_left(run) => finished,
            never = telling => never,
            never = saying_that_it_ends => never,
        };
        line.borrow().clear();
        if let Some(trouble) = self.session.trouble() {
            // Quiet or not: what was missed was missed for this.
            console::tell(format_args!("warning: {trouble}"));
        }
        let (facts, recorder) = facts_of(plan, &self.workload, &self.traffic, start.words(), finished?);
        let facts = RunFacts { idle: self.idle.clone(), aborted: aborted.into_inner(), ..facts };
        Ok((facts, recorder, start))
    }
}

/// What happened in a second, for who watches it.
fn second_of(progress: &Progress) -> WatchedSecond<'_> {
    WatchedSecond {
        is_warmup: progress.warming_up,
        offered: progress.offered,
        completed: progress.completed,
        http_errors: progress.http_errors,
        failed: progress.errors - progress.http_errors,
        refused: progress.refused,
        overflow: progress.overflow,
        response: &progress.response,
    }
}
