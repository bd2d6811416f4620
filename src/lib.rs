//! rpsbench: an open-loop, constant-rate HTTP benchmark that tells the truth about latency.
//!
//! Requests leave on a schedule that no answer can delay, and every answer is measured from the time its request was
//! *due*: a slow server cannot hide by slowing the tester down (coordinated omission). Every planned request is
//! accounted for, and a result says itself when it is not valid.
//!
//! # The map
//!
//! ```text
//! command line -> Plan -> Slot {index, intended} -> Sample -> Recorder -> Summary -> bytes
//!     cli         plan        schedule       load + transport   measure    measure   report
//!                                                                              |       ^
//!                                          saved results, ours and others' -> compare
//! ```
//!
//! | room | what lives there | knows |
//! |---|---|---|
//! | [`cli`] | what was typed, and what it means, validated once | clap |
//! | [`plan`] | what a run is to do | pure |
//! | [`schedule`] | when every arrival leaves, exactly; stripes for threads | pure |
//! | [`request`] | targets, tokens, data, endpoints: the request of each arrival; what may be shown of them | pure |
//! | [`load`] | clock, pacer, token bucket, dispatch, workers, the engine | tokio |
//! | [`transport`] | what is on the wire: TLS, HTTP/1.1, HTTP/2, addresses; failures, classified | tokio, hyper, h2, rustls |
//! | [`measure`] | samples, ledger, distributions, verdict, the summary | pure |
//! | [`compare`] | results of ours and of other tools side by side, and what is more than noise | pure |
//! | [`search`] | which trial to run next on the way to the knee | pure |
//! | [`report`] | a summary as text, JSON or CSV, and back | pure |
//! | [`service`] | the built-in target service, a known answer | tokio, hyper |
//! | [`commands`] | each command, from job to exit code | all of them |
//!
//! Pure rooms import neither tokio nor hyper and never read a clock: time is an argument, in nanoseconds. Only
//! [`load::Clock`] reads the time and only [`load::Pacer`] sleeps; clippy forbids both elsewhere.

pub mod cli;
pub mod commands;
pub mod compare;
#[cfg(test)]
mod fixture;
pub mod judge;
pub mod ladder;
pub mod load;
pub mod measure;
pub mod plan;
pub mod report;
pub mod request;
pub mod result;
pub mod schedule;
pub mod search;
pub mod service;
pub mod time;
pub mod transport;
