//! The flags of `calibrate`.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use crate::plan::Auto;

/// The flags of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Worker threads; auto = 1
    #[arg(long, env = "RPSBENCH_THREADS", value_name = "auto|N", default_value = "auto")]
    pub threads: Auto<u64>,
    /// No progress on stderr
    #[arg(
        long, short, env = "RPSBENCH_QUIET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new()
    )]
    pub quiet: bool,
}
