//! The warm-up: a rate that grows linearly from 0.

use super::Rate;

/// A linear ramp from 0 to `rate` over `duration_ns`.
///
/// The expected number of arrivals by time t is `rate t^2 / (2 W)`, so arrival i leaves at
/// `sqrt(2 W i / rate)`, rounded up to whole nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ramp {
    pub(super) rate: Rate,
    pub(super) duration_ns: u64,
}

impl Ramp {
    /// The number of arrivals in the ramp: `floor(rate x W / 2)`.
    pub(super) fn count(self) -> u64 {
        self.rate.arrivals_in(self.duration_ns) / 2
    }

    /// The intended time of arrival `index`, in nanoseconds since the start of the ramp.
    pub(super) fn time_of(self, index: u64) -> u64 {
        // 2 W (i / rate), in square nanoseconds: both factors are below 2^56.
        let square = 2 * u128::from(self.duration_ns) * u128::from(self.rate.time_of(index));
        let root = square.isqrt();
        let root = if root * root < square { root + 1 } else { root };
        u64::try_from(root).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_linearly_from_zero() {
        let ramp = Ramp { rate: Rate::new(1_000, 1).unwrap(), duration_ns: 1_000_000_000 };
        assert_eq!(ramp.count(), 500);
        assert_eq!(ramp.time_of(0), 0);
        // Half of the time holds a quarter of the arrivals.
        assert_eq!(ramp.time_of(125), 500_000_000);
        assert!(ramp.time_of(ramp.count() - 1) < ramp.duration_ns);
        // The last gap is that of the full rate.
        let last = ramp.time_of(499) - ramp.time_of(498);
        assert!((999_000..1_003_000).contains(&last), "{last}");
    }
}
