//! What is sent before the load, or in its place: the first request, the idle baseline, and what `--debug` shows.

use std::time::Duration;

use tokio::task::LocalSet;

use super::{Runner, Shown};
use crate::commands::error::CommandError;
use crate::commands::first_request;
use crate::commands::idle::{Alone, measure_idle};
use crate::commands::sender::{Exchange, Sender};
use crate::judge::AbortWatch;
use crate::plan::{Auto, Purpose};
use crate::request::Workload;
use crate::result::Summary;
use crate::schedule::{ClosedLoop, LoopEnd, Source};
use crate::time::{Clock, MonotonicClock};

impl Runner<'_> {
    /// Sends the first request of the load, alone.
    pub(in crate::commands) async fn send_one(&mut self) -> Result<Summary, CommandError> {
        let source = Source::Users(ClosedLoop::new(1, LoopEnd::Requests(1))?);
        self.carry_out(source, Purpose::Check, Shown::Nowhere).await
    }

    /// Sends all requests of the first arrival of the load, where it may take several, and shows each with its answer.
    ///
    /// # Errors
    /// What was not as expected, in words.
    pub(in crate::commands) async fn send_all(
        &mut self,
        show: impl FnMut(Exchange<'_>),
    ) -> Result<(), CommandError> {
        let patience = Duration::from_nanos(self.planner.timeout_ns());
        let mut sender = Sender::new(&self.workload, &self.network, 0, patience);
        let sending = LocalSet::new();
        let sent = self.signals.unless_stopped(async {
            let sent = sending.run_until(sender.send(0, show)).await;
            // What came has been shown.
            let said = |why: String| format!("no good answer: the last request {}", first_line(&why));
            sent.map_err(|why| CommandError::FirstRequest(said(why)))
        });
        sent.await.map(drop)
    }

    /// What the load requests.
    pub(in crate::commands) fn workload(&self) -> &Workload {
        &self.workload
    }

    /// That request, as it may be shown.
    pub(in crate::commands) fn first_request_as_shown(&self) -> String {
        self.workload.shown(0, MonotonicClock.wall().as_millis() as u64)
    }

    /// Whether any connection is encrypted.
    pub(in crate::commands) fn is_tls(&self) -> bool {
        self.traffic.tls_verification.is_some()
    }

    /// Sends one request, if that was asked for, and goes on only where it gets a good answer; up to three where it does not.
    pub(super) async fn check(&mut self) -> Result<(), CommandError> {
        for tries in 1..=first_request::TRIES {
            if !self.planner.is_checked() || self.is_stopping() {
                break;
            }
            let summary = self.send_one().await?;
            // What an interrupt cut off says nothing about the target.
            if summary.ledger.ok > 0 || self.is_stopping() {
                break;
            }
            if tries == first_request::TRIES || !first_request::is_worth_another_try(&summary) {
                return Err(CommandError::FirstRequest(first_request::refusal(
                    &summary,
                    tries,
                    self.is_tls(),
                )));
            }
        }
        Ok(())
    }

    /// Measures the idle baseline of all runs, if one was asked for. What comes next finds the service as if nothing had been.
    pub(super) async fn measure_baseline(&mut self) -> Result<(), CommandError> {
        let requests = self.planner.baseline();
        let idle = measure_idle(requests, async |end| self.one_at_a_time(end).await).await?;
        if idle.is_none() && requests != Auto::Given(0) && !self.is_stopping() {
            self.console.warn("no idle baseline, because the first request got no good answer");
        }
        self.idle = idle;
        self.renew_service();
        Ok(())
    }

    /// One user, who sends until `end`.
    async fn one_at_a_time(&mut self, end: LoopEnd) -> Result<Alone, CommandError> {
        let source = Source::Users(ClosedLoop::new(1, end)?);
        let plan = self.plan(source, Purpose::Probe);
        let (facts, recorder, _) = self.follow(&plan, None, AbortWatch::default(), Shown::Nowhere).await?;
        let took_ns = facts.elapsed_ns.unwrap_or(facts.window_ns);
        Ok(Alone { times: recorder.total().service, took_ns })
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
