//! The flags of a replay.

use std::path::PathBuf;

use clap::Args;

use crate::request::RecordingFormat;
use crate::schedule::Speed;

/// Arrivals as they were recorded.
#[derive(Debug, Args)]
#[command(next_help_heading = None)]
pub(crate) struct ReplayArgs {
    /// Arrivals as they were recorded, in place of --rate and --duration: a CSV file or a file of JSON lines with the time and
    /// perhaps method, path, headers and body of each, or an access log
    ///
    /// What a row does not name is that of the other flags, and every request goes to the host of the URL. The file is read twice,
    /// before the run and during it, and may be larger than the memory. There is no warm-up.
    #[arg(long, value_name = "FILE")]
    pub arrivals_file: Option<PathBuf>,
    /// How the file of --arrivals-file is written
    #[arg(long, default_value = "auto", value_name = "FORMAT")]
    pub arrivals_format: RecordingFormat,
    /// How fast the file of --arrivals-file is replayed: 2x is twice as fast as it was, 0.5x half as fast
    ///
    /// From 0.001x to 1000x.
    #[arg(long, default_value = "1x", value_name = "SPEED")]
    pub speed: Speed,
}
