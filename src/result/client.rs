//! How busy the client itself was: the evidence on whose limit a run met.

use serde::{Deserialize, Serialize};

/// The busiest worker's thread, from the start of the measurement to the end of its window. Shares of 1; 0 where the system
/// does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClientLoad {
    /// Share of the time that it ran.
    pub cpu_share: f64,
    /// Share of the time that it was ready to run while others had its core.
    pub cpu_wait_share: f64,
}

impl ClientLoad {
    /// Of a thread that was watched for `wall_ns`.
    pub(crate) fn of(wall_ns: u64, cpu_ns: u64, waited_ns: u64) -> Self {
        let share = |part: u64| if wall_ns == 0 { 0.0 } else { (part as f64 / wall_ns as f64).min(1.0) };
        Self { cpu_share: share(cpu_ns), cpu_wait_share: share(waited_ns) }
    }

    /// The share of the time that it needed a core, whether it had one or not.
    pub(crate) fn busy_share(&self) -> f64 {
        (self.cpu_share + self.cpu_wait_share).min(1.0)
    }

    /// The one of two that needed a core more.
    pub(crate) fn busier_of(self, other: Self) -> Self {
        if other.busy_share() > self.busy_share() { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_is_the_one_that_needed_a_core_most_not_the_one_that_had_it() {
        let (ran, waited) = (ClientLoad::of(100, 60, 0), ClientLoad::of(100, 30, 50));
        assert_eq!(ran.busier_of(waited), waited);
        assert_eq!(waited.busier_of(ran), waited);
        assert_eq!(ClientLoad::of(0, 5, 5), ClientLoad::default());
        assert!((ClientLoad::of(100, 90, 30).busy_share() - 1.0).abs() < 1e-9);
    }
}
