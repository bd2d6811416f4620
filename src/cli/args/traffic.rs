//! The flags that say where requests go, what is asked, and over which connections.

use clap::Args;

use super::{NetworkArgs, RequestArgs, ServiceArgs};

/// What every command that sends requests has.
#[derive(Debug, Args)]
pub(crate) struct TrafficArgs {
    /// The same as the argument URL
    #[arg(long, hide_env_values = true)]
    pub url: Option<String>,

    /// What is asked.
    #[command(flatten)]
    pub request: RequestArgs,
    /// Over which connections.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// The flags of the built-in service.
    #[command(flatten)]
    pub service: ServiceArgs,
}
