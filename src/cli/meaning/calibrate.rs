//! `calibrate`: the built-in service without delay, asked as plainly as can be.

use super::super::args::CalibrateArgs;
use super::{Requests, Setup, TargetChoice};
use crate::plan::{Auto, Machine, Planner, Settings};
use crate::service::ServiceModel;
use crate::transport::WireOptions;

/// A calibration that can be started.
#[derive(Debug)]
pub(crate) struct CalibrateJob {
    /// Makes its plans.
    pub planner: Planner,
    /// Worker threads.
    pub threads: u64,
    /// The built-in service.
    pub setup: Setup,
}

impl CalibrateJob {
    /// What the flags say.
    pub(crate) fn new(args: &CalibrateArgs, machine: Machine) -> Self {
        Self::with_threads(args.threads, args.quiet, machine)
    }

    /// The same for a command that calibrates first.
    pub(crate) fn with_threads(threads: Auto<u64>, quiet: bool, machine: Machine) -> Self {
        // Nothing here comes from the environment: a calibration must never reach anything but the built-in service.
        let mut setup = Setup {
            target: TargetChoice::BuiltIn(ServiceModel::immediate()),
            requests: Requests::plain(),
            wire: WireOptions::default(),
            quiet,
            warnings: Vec::new(),
        };
        let planner = Planner::new(Settings { threads, serves_itself: true, ..Settings::plain() }, machine);
        let threads = planner.threads_at(None);
        setup.warnings.extend(planner.warning_of_threads(threads, None));
        Self { threads, planner, setup }
    }
}
