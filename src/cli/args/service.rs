//! The flags of the built-in service.

use clap::Args;

use super::super::values::Span;

/// The flags of the built-in service.
#[derive(Debug, Args)]
pub(crate) struct ServiceArgs {
    /// Requests that the service works on at once; the others wait in order
    #[arg(
        long,
        env = "RPSBENCH_WORKERS",
        value_name = "N",
        default_value_t = 22,
        help_heading = "Built-in service"
    )]
    pub workers: u32,
    /// Mean service time; 0 = it answers at once
    #[arg(
        long,
        env = "RPSBENCH_SERVICE_TIME",
        value_name = "DURATION",
        default_value = "74ms",
        allow_hyphen_values = true,
        help_heading = "Built-in service"
    )]
    pub service_time: Span,
    /// Spread of the log-normal service time; 0 = constant
    #[arg(
        long,
        env = "RPSBENCH_SIGMA",
        default_value_t = 0.62,
        allow_hyphen_values = true,
        help_heading = "Built-in service"
    )]
    pub sigma: f64,
    /// Requests that may wait; beyond it the answer is 503 [default: no limit]
    #[arg(long, env = "RPSBENCH_QUEUE_MAX", value_name = "N", help_heading = "Built-in service")]
    pub queue_max: Option<u64>,
    /// The service stands still from this long after its first request ...
    #[arg(
        long,
        env = "RPSBENCH_FREEZE_AT",
        value_name = "DURATION",
        requires = "freeze_for",
        allow_hyphen_values = true,
        help_heading = "Built-in service"
    )]
    pub freeze_at: Option<Span>,
    /// ... for this long
    #[arg(
        long,
        env = "RPSBENCH_FREEZE_FOR",
        value_name = "DURATION",
        requires = "freeze_at",
        allow_hyphen_values = true,
        help_heading = "Built-in service"
    )]
    pub freeze_for: Option<Span>,
}
