//! What a result says besides what was counted: the plan, what was asked, and how it went.

use crate::load::Finished;
use crate::measure::{Ledger, Recorder};
use crate::plan::{Plan, Traffic};
use crate::report::text::numbers::counted;
use crate::request::Workload;
use crate::result::{EndpointFacts, RunFacts, SESSION, StepFacts};
use crate::schedule::{LoopEnd, Shard, Source};

/// Ends the account of a run that goes on, as if it were cut off: what is under way and what is to come was never sent.
pub(super) fn cut_off(plan: &Plan, workload: &Workload, finished: &mut Finished) {
    let recorder = &mut finished.recorder;
    let planned: u64 = endpoints_of(plan, workload, recorder).iter().map(|endpoint| endpoint.planned).sum();
    let ended = |ledger: &Ledger| ledger.sent + ledger.overflow + ledger.missed;
    let (measured, warmup) = (ended(&recorder.total().ledger), ended(&recorder.warmup.ledger));
    recorder.plan(planned, warmup);
    recorder.cancel(planned.saturating_sub(measured), 0);
}

/// The facts of a run that is over, and its account.
pub(super) fn facts_of(
    plan: &Plan,
    workload: &Workload,
    traffic: &Traffic,
    started_at: String,
    finished: Finished,
) -> (RunFacts, Recorder) {
    let facts = RunFacts {
        plan: plan.facts(traffic, finished.window_ns),
        started_at,
        interrupted: finished.interrupted,
        aborted: None,
        window_ns: finished.window_ns,
        elapsed_ns: Some(finished.elapsed_ns),
        idle: None,
        backlog: finished.backlog,
        client: finished.client,
        connections: finished.connections,
        endpoints: endpoints_of(plan, workload, &finished.recorder),
        steps: steps_of(workload),
        series: finished.series,
    };
    (facts, finished.recorder)
}

fn steps_of(workload: &Workload) -> Vec<StepFacts> {
    let steps = workload.steps().into_iter().filter_map(|step| {
        let session = workload.endpoints().get(step.endpoint as usize)?;
        Some(StepFacts {
            session: workload.name(session),
            name: workload.redact(&step.name),
            method: step.method.to_string(),
            target: workload.label(&step.target),
        })
    });
    steps.collect()
}

fn endpoints_of(plan: &Plan, workload: &Workload, recorder: &Recorder) -> Vec<EndpointFacts> {
    let planned = match &plan.source {
        Source::Schedule(schedule) => {
            let warmup = schedule.warmup_count();
            let shard = if plan.is_divided { plan.shard_or_whole() } else { Shard::WHOLE };
            workload.planned_of(warmup..warmup + schedule.count(), shard)
        }
        Source::Users(users) => match users.end() {
            LoopEnd::Requests(_) => {
                let workers = (0..plan.threads).map(|worker| plan.stripe(worker, plan.threads));
                let requests = workers.filter_map(|(stripe, stripes)| users.requests_of(stripe, stripes));
                let parts = requests.map(|requests| workload.planned(requests));
                parts
                    .reduce(|sum, part| sum.iter().zip(&part).map(|(a, b)| a + b).collect())
                    .unwrap_or_default()
            }
            // Whatever was sent was planned.
            LoopEnd::Duration(_) => recorder.accounts().iter().map(|account| account.ledger.sent).collect(),
        },
    };
    let endpoints = workload.endpoints().iter().zip(planned);
    let facts = endpoints.map(|(endpoint, planned)| EndpointFacts {
        name: workload.name(endpoint),
        method: endpoint.method.to_string(),
        target: workload.label(&endpoint.target),
        weight: endpoint.weight,
        planned,
    });
    facts.collect()
}

/// The method and the target of all requests, or that there are several.
pub(super) fn asked_of(workload: &Workload) -> (String, String) {
    match workload.endpoints() {
        // Each row of a recording may name its own.
        [only] if workload.recording().is_some_and(|recording| recording.names_requests()) => {
            ("mixed".to_owned(), workload.label(&only.target))
        }
        [only] if workload.step_count() > 0 => {
            let steps = counted(workload.step_count() as u64, "step");
            (SESSION.to_owned(), format!("{} ({steps})", workload.label(&only.target)))
        }
        [only] => (only.method.to_string(), workload.label(&only.target)),
        _ if workload.session_count() > 0 => {
            let sessions = workload.session_count() as u64;
            match workload.name_count() as u64 - sessions {
                0 => (SESSION.to_owned(), counted(sessions, "session")),
                others => {
                    let (others, sessions) = (counted(others, "endpoint"), counted(sessions, "session"));
                    ("mixed".to_owned(), format!("{others} and {sessions}"))
                }
            }
        }
        several => {
            let first = several.first().map(|endpoint| &endpoint.method);
            let same = first.filter(|first| several.iter().all(|endpoint| endpoint.method == **first));
            let method = same.map_or_else(|| "mixed".to_owned(), ToString::to_string);
            (method, format!("{} endpoints", workload.name_count()))
        }
    }
}
