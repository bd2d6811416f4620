//! The flags of `calibrate`.

use clap::Args;

use crate::plan::Auto;

/// The flags of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Worker threads; auto = 1
    #[arg(long, default_value = "auto")]
    pub threads: Auto<u64>,
    /// No progress on stderr
    #[arg(short, long)]
    pub quiet: bool,
}
