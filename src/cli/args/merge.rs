//! The flags of `merge`.

use std::path::PathBuf;

use clap::Args;

use super::{GateArgs, PrintingArgs};

pub(super) const EXAMPLES: &str = "\
Examples:
  rpsbench merge result.0.json result.1.json result.2.json
  rpsbench merge results/ -o result.json
      all results in a folder
  kubectl logs -l job-name=rpsbench --prefix --tail=-1 | rpsbench merge -
      results that shards wrote with --format lines, among other lines";

/// The flags of `merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Results of shards (JSON, or logs with what --format lines wrote), or folders of them; - reads stdin
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Let the result count although shards are missing
    #[arg(long)]
    pub allow_missing: bool,
    /// How it is printed.
    #[command(flatten)]
    pub printing: PrintingArgs,
    /// What makes it fail.
    #[command(flatten)]
    pub gate: GateArgs,
}
