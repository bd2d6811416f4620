//! The flags that name a file of flags.

use std::path::PathBuf;

use clap::Args;

/// Where flags come from that stand neither on the command line nor in the environment.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArgs {
    /// Flags from a TOML file, by their long names: rate = 300; the environment and the command line stand above it
    ///
    /// Tables named after commands (`closed`) are for these alone.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// The part `preset.NAME` of --config, above the rest of the file
    #[arg(short = 'p', long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Print what holds and where it comes from, as a file for --config, and end
    #[arg(long)]
    pub print_config: bool,
}
