//! A figure that knows whether it was measured.

/// What is known of a figure. There is no way to read the number of a lower bound by accident: each reader says whether
/// it wants what was [measured](Self::exact), the [least](Self::least) that it can be, or its [text](Self::written).
///
/// It lives beside the counting, because there a figure falls among the arrivals without a good answer or does not.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Measured {
    /// It was measured.
    Exact(f64),
    /// It falls among arrivals without a good answer: the true one is at least that.
    AtLeast(f64),
    /// Nothing was measured, or too little to say anything.
    #[default]
    Unknown,
}

impl Measured {
    /// A value as documents write it, beside the word whether it is only a lower bound.
    pub(crate) fn from_parts(value: Option<f64>, is_bound: bool) -> Self {
        match value {
            Some(value) if is_bound => Self::AtLeast(value),
            Some(value) => Self::Exact(value),
            None => Self::Unknown,
        }
    }

    /// The value that was measured.
    pub(crate) fn exact(self) -> Option<f64> {
        if let Self::Exact(value) = self { Some(value) } else { None }
    }

    /// The least that the true value can be: what was measured, or the bound. Whoever shows it must say which.
    pub(crate) fn least(self) -> Option<f64> {
        match self {
            Self::Exact(value) | Self::AtLeast(value) => Some(value),
            Self::Unknown => None,
        }
    }

    /// Whether only a lower bound is known.
    pub(crate) fn is_bound(self) -> bool {
        matches!(self, Self::AtLeast(_))
    }

    /// Its rank among other values: a lower bound is above all that was measured, as the arrivals are that it stands for.
    pub(crate) fn ranked(self) -> Option<f64> {
        if self.is_bound() { Some(f64::INFINITY) } else { self.exact() }
    }

    /// The same in another unit, or over something known: `f` must keep the order of values.
    #[must_use]
    pub(crate) fn map(self, f: impl FnOnce(f64) -> f64) -> Self {
        Self::from_parts(self.least().map(f), self.is_bound())
    }

    /// Whether it is below a limit; `None` where that is not known.
    pub(crate) fn is_below(self, limit: f64) -> Option<bool> {
        self.exact_or(|least| least >= limit).map(|value| value < limit)
    }

    /// Whether it is at most a limit; `None` where that is not known.
    pub(crate) fn is_at_most(self, limit: f64) -> Option<bool> {
        self.exact_or(|least| least > limit).map(|value| value <= limit)
    }

    /// The value that decides: what was measured, or a bound that is already beyond the limit.
    fn exact_or(self, is_beyond: impl FnOnce(f64) -> bool) -> Option<f64> {
        self.least().filter(|least| !self.is_bound() || is_beyond(*least))
    }

    /// In words for people and tables: a lower bound is written `>10000`, so that nobody takes it for measured.
    pub(crate) fn written(self, format: impl FnOnce(f64) -> String) -> Option<String> {
        let sign = if self.is_bound() { ">" } else { "" };
        self.least().map(|value| format!("{sign}{}", format(value)))
    }
}

impl From<Option<f64>> for Measured {
    /// A value that was measured where there is one.
    fn from(value: Option<f64>) -> Self {
        Self::from_parts(value, false)
    }
}

#[cfg(test)]
mod tests {
    use super::Measured::{AtLeast, Exact, Unknown};

    #[test]
    fn a_bound_is_never_read_as_measured() {
        assert_eq!([Exact(1.0), AtLeast(1.0), Unknown].map(super::Measured::exact), [Some(1.0), None, None]);
        let text = |value: super::Measured| value.written(|value| format!("{value} ms"));
        assert_eq!(text(Exact(1.0)).as_deref(), Some("1 ms"));
        assert_eq!(text(AtLeast(1.0)).as_deref(), Some(">1 ms"));
        assert_eq!(text(Unknown), None);
        assert!(AtLeast(1.0).ranked() > Exact(1e9).ranked());
        assert_eq!(AtLeast(2.0).map(|value| value / 4.0), AtLeast(0.5));
    }

    #[test]
    fn a_bound_decides_only_what_it_can() {
        for (value, below, at_most) in [
            (Exact(9.0), Some(true), Some(true)),
            (Exact(10.0), Some(false), Some(true)),
            (Exact(11.0), Some(false), Some(false)),
            // The true value may be anything from here on.
            (AtLeast(9.0), None, None),
            (AtLeast(10.0), Some(false), None),
            (AtLeast(11.0), Some(false), Some(false)),
            (Unknown, None, None),
        ] {
            assert_eq!((value.is_below(10.0), value.is_at_most(10.0)), (below, at_most), "{value:?}");
        }
    }
}
