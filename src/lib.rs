//! rpsbench: an open-loop, constant-rate HTTP benchmark that tells the truth about latency.
//!
//! Requests leave on a schedule that no answer can delay, and every answer is measured from the time its request was
//! *due*: a slow server cannot hide by slowing the tester down (coordinated omission). Every planned request is
//! accounted for, including those that failed or were never sent, and every result states whether it can be trusted.
//!
//! # The map
//!
//! ```text
//! arguments -> Plan -> Slot {index, intended} -> Sample -> Recorder -> Summary -> bytes
//!    cli       plan       schedule        load+transport   measure     judge      report
//!                                                                      result
//! ```
//!
//! From the top floor to the ground floor; a room knows only rooms below it.
//!
//! | room | what lives there | knows |
//! |---|---|---|
//! | `commands` | each command, from job to exit code | all of them |
//! | `cli` | what was typed, and what it means, validated once | clap |
//! | `report` | a document in each of its forms: text, JSON, CSV, seconds, a page, JUnit, Markdown, HdrHistogram's percentiles, lines for logs | pure |
//! | `search` | which trial to run next on the way to the knee, and where all of them put it | pure |
//! | `ladder` | rates one after another, and where they bend | pure |
//! | `compare` | results of ours and of other tools side by side, and what is more than noise | pure |
//! | `shard` | several machines: which part is sent from here, when all start, and one result of all | tokio, hyper; else pure |
//! | `load` | pacing, connections, workers, one run after another: the engine | tokio |
//! | `service` | the built-in target service, a known answer | tokio, hyper |
//! | `transport` | what is on the wire: TLS, HTTP/1.1, HTTP/2, addresses, proxies; failures, classified | tokio, hyper, h2, rustls |
//! | `plan` | what a run is to do, and all planning: cap, threads, lead, machine limits | pure |
//! | `judge` | what a run amounts to: verdicts with their evidence, objectives, overload, recovery, intervals | pure |
//! | `result` | the documents, and the one reader of saved ones | pure |
//! | `request` | targets, tokens, signatures, data, endpoints: the request of each arrival; sessions and redirects: what follows an answer; what may be shown of all that | pure |
//! | `measure` | counting: samples, ledger, distributions | pure |
//! | `schedule` | when every arrival leaves, exactly; stripes for threads | pure |
//! | `time` | the only reader of clocks, the only sleepers, and what the scheduler gave | the system |
//!
//! Pure rooms import neither tokio nor hyper and never read a clock: time is an argument, in nanoseconds.

#![warn(unreachable_pub)]
// The documentation is for those who work on the crate: it is built with its private items.
#![allow(rustdoc::private_intra_doc_links)]

mod cli;
#[cfg(test)]
mod codes;
mod commands;
mod compare;
#[cfg(test)]
mod fixture;
mod judge;
mod ladder;
mod load;
mod measure;
mod plan;
mod report;
mod request;
mod result;
mod schedule;
mod search;
mod service;
mod shard;
mod time;
mod transport;

pub use crate::commands::execute;

/// What the integration tests and the benches reach into. Nothing here is an interface: it changes without notice.
#[doc(hidden)]
pub mod internals {
    pub use crate::commands::ExampleScreen;
    pub use crate::judge::{Observed, Overload, sum_up};
    pub use crate::load::{Decision, Dispatcher, Limits, PoolLimits, Ticket, TokenBucket};
    pub use crate::measure::{
        Accounting, ConnectionLog, Distribution, ErrorKind, IntervalLog, Outcome, Protocol, Recorder, Sample,
        Timeline, Withhold, encode_histogram,
    };
    pub use crate::plan::{Plan, Traffic};
    pub use crate::request::{
        AwsKeys, BodyCoding, BodyWatch, ChainSpec, DataOrder, DataTable, EndpointSpec, Expectation, Moment,
        Origin, Placeholders, Route, RowBodies, ScopeError, Secret, Signer, SigningScope, StepSpec, Take,
        TakeFrom, Target, TokenList, Workload, WorkloadSpec,
    };
    pub use crate::result::{
        Backlog, BurstDepth, ClientLoad, Conclusion, LatencyStats, RunFacts, Series, ServiceVerdict,
    };
    pub use crate::schedule::{Arrivals, NANOS_PER_S, Phase, Profile, Rate, Schedule, Slot, Source, Stretch};
    pub use crate::search::{
        Action, Event, History, KneeInterval, Method, Objective, Reason, SearchResult, Settings, Trial, Vote,
        next,
    };
    pub use crate::service::{
        Departure, Freeze, ModelError, Queue, Running, Service, ServiceModel, ServiceStats,
    };
    pub use crate::time::{Clock, MonotonicClock};
    pub use crate::transport::{
        Answer, Connection, Failure, HttpVersions, Network, NetworkError, Probed, Proxy, TlsOptions,
        Transport, Wire, WireConnection, WireOptions,
    };
}
