//! The signs that pictures are made of, for terminals that know Unicode and for those that do not.

use ratatui::symbols::bar;

/// A set of signs.
#[derive(Debug)]
pub(in crate::commands::live) struct Signs {
    /// The levels of a sparkline.
    pub(super) levels: bar::Set<'static>,
    /// A part that is done, and one that is not.
    pub(super) done: &'static str,
    pub(super) left: &'static str,
    /// A bar of a histogram.
    pub(super) bar: &'static str,
}

impl Signs {
    pub(in crate::commands::live) const UNICODE: Self =
        Self { levels: bar::NINE_LEVELS, done: "█", left: "░", bar: "█" };

    pub(in crate::commands::live) const ASCII: Self = Self {
        levels: bar::Set {
            full: "#",
            seven_eighths: "*",
            three_quarters: "+",
            five_eighths: "=",
            half: "-",
            three_eighths: ":",
            one_quarter: ".",
            one_eighth: "_",
            empty: " ",
        },
        done: "#",
        left: "-",
        bar: "#",
    };
}
