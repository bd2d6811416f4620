//! The built-in target service: something honest to measure, and the tests' known answer.
//!
//! A benchmark that is only ever pointed at unknown services cannot show that its numbers are right. This
//! service is known: a [`ServiceModel`] says how many workers it has, how long they take, how many requests may
//! wait and when it stands still, and queueing theory says what a client has to see. The defaults are those
//! of the study that rpsbench starts from. Its published closed-loop table (throughput flat at about 295
//! requests per second from 20 users to 800, latency growing with the users) is what a first-in, first-out queue
//! with 22 workers and log-normal service times of mean 74 ms and sigma 0.62 gives. Under a constant rate the
//! same model shows what the study could not see: the knee at 290 per second.
//!
//! `ServiceModel -> Queue::arrive(now) -> Departure -> answer`
//!
//! - [`ServiceModel`] holds the parameters and checks them; [`Queue`] computes when each arrival leaves. Both are
//!   pure: time is an argument, so that the tests compare hours of traffic with theory in milliseconds.
//! - [`Service`] puts the queue on a socket. An answer never leaves before the departure that was computed, and
//!   leaves after it by what the machine needs to wake a sleeping thread: a client that waited for one answer
//!   at a time saw 0.16 ms more than the delay at the median, on a 2-core virtual machine with neighbours.
//!   [`ServiceStats`] counts what the service saw, so that a test can compare both sides.
//!
//! # What it cannot do
//! - It is a model of waiting, not of work: it burns no CPU, so it does not slow down as a machine with too little
//!   CPU does, and service times do not depend on load, on each other or on the request.
//! - The client that goes away does not free its worker: the work is done all the same, as in most services.
//! - It speaks HTTP/1.1 without TLS, on one thread. Beyond some tens of thousands of requests per second
//!   that thread is the bottleneck, not the model.
//! - It shares the machine with whoever measures it. For the limits of a load generator, or of a network, run it on
//!   another machine with `rpsbench serve`.
//! - It trusts its clients not to be malicious: idle connections are kept for as long as the client likes.

mod answer;
mod counters;
mod departures;
mod model;
mod queue;
mod server;
mod service_time;

pub use counters::ServiceStats;
pub use model::{Freeze, ModelError, ServiceModel};
pub use queue::{Departure, Queue};
pub use server::{Running, Service};
