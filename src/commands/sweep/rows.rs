//! The rows of the table on stdout, which appear as their runs finish.

use crate::commands::publish::print_early;
use crate::report::{Format, sweep as report};
use crate::result::Summary;

/// The table in the making, where stdout receives text.
pub(super) struct Rows {
    are_shown: bool,
}

impl Rows {
    pub(super) fn new(format: Format) -> Self {
        Self { are_shown: format == Format::Text }
    }

    pub(super) fn are_shown(&self) -> bool {
        self.are_shown
    }

    pub(super) fn header(&self) {
        if self.are_shown {
            print_early(&report::header());
        }
    }

    pub(super) fn row(&self, rate_per_s: f64, summary: &Summary) {
        if self.are_shown {
            print_early(&report::row(rate_per_s, summary));
        }
    }
}
