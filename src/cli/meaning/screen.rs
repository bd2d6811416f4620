//! What stdout receives, and how much of it.

use std::path::Path;

use super::super::args::{Ci, ReportingArgs};
use super::{Setup, TargetChoice};
use crate::report::Format;

/// What stdout receives, and how much of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Screen {
    /// In which form.
    pub format: Format,
    /// Whether a report for people has all details.
    pub details: bool,
    /// The target with its real host, for a terminal; `None` where only its label may be shown.
    pub target: Option<String>,
    /// Whether a stream has stdout for itself, so that there is no report.
    pub is_taken: bool,
    /// Who else is told.
    pub ci: Option<Ci>,
}

impl Screen {
    pub(super) fn new(reporting: &ReportingArgs, setup: &Setup) -> Self {
        let target = match &setup.target {
            TargetChoice::Url(target) if !reporting.redact => Some(target.named()),
            _ => None,
        };
        let is_taken = setup.stream.as_deref() == Some(Path::new("-"));
        Self { format: reporting.format, details: reporting.details, target, is_taken, ci: reporting.ci }
    }

    /// Of what was not asked of a service just now.
    pub(super) fn of_saved(format: Format, details: bool, ci: Option<Ci>) -> Self {
        Self { format, details, target: None, is_taken: false, ci }
    }
}
