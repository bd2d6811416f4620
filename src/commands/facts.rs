//! What a summary needs besides the account: the plan, the workload and what was found on the way.

use crate::load::Finished;
use crate::measure::Recorder;
use crate::plan::Plan;
use crate::request::Workload;
use crate::result::{EndpointFacts, RunFacts, TrafficFacts};
use crate::schedule::{LoopEnd, Source};

/// What is known only once files are read and connections made.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) tokens: u64,
    pub(super) data_rows: u64,
    /// Addresses that connections go to, over all origins.
    pub(super) addresses: u64,
    /// Whether any origin is spoken to over TLS.
    pub(super) tls: bool,
    /// Whether any origin speaks HTTP/2.
    pub(super) http2: bool,
    /// Whether certificates are not checked.
    pub(super) insecure: bool,
}

/// The facts of a run that is over, and its account.
pub(super) fn facts_of(
    plan: &Plan,
    workload: &Workload,
    found: &Found,
    started_at: String,
    finished: Finished,
) -> (RunFacts, Recorder) {
    let endpoints = endpoints_of(plan, workload, &finished.recorder);
    let (method, target) = match endpoints.as_slice() {
        [only] => (only.method.clone(), only.target.clone()),
        several => (method_of(several), format!("{} endpoints", several.len())),
    };
    let mut facts = plan.facts(&method, &target);
    if plan.source.duration_ns().is_none() {
        facts.duration_s = finished.window_ns as f64 / 1e9;
    }
    facts.traffic = TrafficFacts {
        keepalive_idle_s: plan.idle_ns.filter(|_| plan.keepalive).map(|nanos| nanos as f64 / 1e9),
        max_requests_per_connection: plan.max_requests,
        connections: plan.connections,
        streams: plan.streams.iter().copied().max().filter(|_| found.http2),
        tls_verification: found.tls.then_some(!found.insecure),
        addresses: found.addresses,
        tokens: found.tokens,
        data_rows: found.data_rows,
    };
    let facts = RunFacts {
        plan: facts,
        started_at,
        interrupted: finished.interrupted,
        window_ns: finished.window_ns,
        elapsed_ns: Some(finished.elapsed_ns),
        backlog: finished.backlog,
        connections: finished.connections,
        endpoints,
        series: finished.series,
    };
    (facts, finished.recorder)
}

fn endpoints_of(plan: &Plan, workload: &Workload, recorder: &Recorder) -> Vec<EndpointFacts> {
    let planned = match &plan.source {
        Source::Schedule(schedule) => {
            let warmup = schedule.warmup_count();
            workload.planned(warmup..warmup + schedule.count())
        }
        Source::Users(users) => match users.end() {
            LoopEnd::Requests(requests) => workload.planned(0..requests),
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

/// The method of all endpoints, or that there are several.
fn method_of(endpoints: &[EndpointFacts]) -> String {
    let first = endpoints.first().map_or("", |endpoint| &endpoint.method);
    let same = endpoints.iter().all(|endpoint| endpoint.method == first);
    if same { first.to_owned() } else { "mixed".to_owned() }
}
