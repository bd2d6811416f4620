//! The command line, in two levels: what was typed ([`Cli`], clap types) and what it means ([`RunJob`],
//! [`ReportJob`], [`ServeJob`]: validated once, so that nothing behind this room asks again).
//!
//! Every flag has an environment variable `RPSBENCH_<FLAG>`; a flag on the command line beats it.

mod args;
mod invocation;
mod meaning;
mod output;
mod values;

pub use args::{
    ArrivalsArg, CalibrateArgs, Cli, ClosedArgs, Command, CompareArgs, FormatArg, LoadArgs, NetworkArgs,
    OpenLoopArgs, OverflowArg, ReportArgs, ReportingArgs, RequestArgs, RunArgs, ServeArgs, ServiceArgs,
    SweepArgs, TrafficArgs,
};
pub use invocation::{Invocation, Typed, parse};
pub use meaning::{
    CalibrateJob, ClosedJob, CompareJob, CompareSource, LiveJob, Machine, OpenLoop, ReportJob, Requests,
    RunJob, SearchPlan, ServeJob, Setup, SweepJob, Sweeping, TargetChoice, UsageError,
};
pub use output::{OutputError, OutputFile};
pub use values::{FewOrAuto, LimitOrAll, Share, Span, StageEnd, Stages};
