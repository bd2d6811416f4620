//! Metrics as both kinds of readers know them.

/// Labels of a point, in order.
pub(super) type Labels = Vec<(String, String)>;

/// Points of one name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Family {
    /// With the unit in it, without the ending of counters: the readers differ there.
    pub name: &'static str,
    pub help: &'static str,
    /// As UCUM has it: `s`, `{request}`, `1`.
    pub unit: &'static str,
    pub points: Points,
}

/// Points by their kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Points {
    /// Only ever grow.
    Counters(Vec<(Labels, u64)>),
    /// As it is now.
    Gauges(Vec<(Labels, f64)>),
    Histograms(Vec<(Labels, Buckets)>),
}

/// A histogram with fixed bounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Buckets {
    /// Upper bounds, in seconds, and how many were not longer; the rest is longer.
    pub up_to: Vec<(f64, u64)>,
    pub count: u64,
    /// In seconds, to 1 %.
    pub sum_s: f64,
}
