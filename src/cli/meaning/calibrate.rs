//! `calibrate`: the built-in service without delay, asked as plainly as can be.

use super::super::args::CalibrateArgs;
use super::super::values::FewOrAuto;
use super::{Machine, OpenLoop, Requests, Setup, TargetChoice};
use crate::service::ServiceModel;
use crate::transport::WireOptions;

/// A calibration that can be started.
#[derive(Debug)]
pub(crate) struct CalibrateJob {
    /// A plan for any rate.
    pub open: OpenLoop,
    /// The built-in service.
    pub setup: Setup,
    /// Worker threads.
    pub threads: u64,
}

impl CalibrateJob {
    /// What the flags say.
    pub(crate) fn new(args: &CalibrateArgs, machine: Machine) -> Self {
        let threads = match args.threads {
            FewOrAuto::Auto => 1,
            FewOrAuto::Number(threads) => threads.min(1_024),
        };
        Self::with_threads(threads, args.quiet, machine)
    }

    /// The same for a command that calibrates first.
    pub(crate) fn with_threads(threads: u64, quiet: bool, machine: Machine) -> Self {
        // Nothing here comes from the environment: a calibration must never reach anything but the built-in service.
        let setup = Setup {
            target: TargetChoice::BuiltIn(ServiceModel::immediate()),
            requests: Requests::plain(),
            wire: WireOptions::default(),
            quiet,
            warnings: Vec::new(),
        };
        Self { open: OpenLoop::plain(&setup, machine), setup, threads }
    }
}
