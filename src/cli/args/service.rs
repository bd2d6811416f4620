//! The flags of the built-in service, and of `serve`, which is nothing else.

use std::net::SocketAddr;

use clap::Args;

use super::super::values::Span;

/// The flags of the built-in service.
#[derive(Debug, Args)]
#[command(next_help_heading = "Built-in service")]
pub(crate) struct ServiceArgs {
    /// Requests that the service works on at once; the others wait in order
    ///
    /// At most 1,000,000.
    #[arg(long, default_value_t = 22)]
    pub workers: u32,
    /// Mean service time; 0 = it answers at once
    ///
    /// At most 1h. At 0 the workers limit nothing.
    #[arg(long, default_value = "74ms")]
    pub service_time: Span,
    /// Spread of the log-normal service time; 0 = constant
    ///
    /// The standard deviation of the logarithm of the service time, 0 to 5.
    #[arg(long, default_value_t = 0.62)]
    pub sigma: f64,
    /// Requests that may wait; beyond it the answer is 503 [default: no limit]
    #[arg(long)]
    pub queue_max: Option<u64>,
    /// The service stands still from this long after its first request ...
    ///
    /// That may be a request of the warm-up.
    #[arg(long, requires = "freeze_for")]
    pub freeze_at: Option<Span>,
    /// ... for this long
    #[arg(long, requires = "freeze_at")]
    pub freeze_for: Option<Span>,
}

/// The flags of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 = a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Seed of the service times
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The service.
    #[command(flatten)]
    pub service: ServiceArgs,
}
