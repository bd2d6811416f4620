//! How busy the client itself was: the evidence on whose limit a run met.

use serde::{Deserialize, Serialize};

/// The busiest worker's thread, from the start of the measurement to the end of its window. Shares of 1; 0 where the system
/// does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClientLoad {
    /// Share of the time that it worked. Time that it spun until a request was due is not work.
    pub cpu_share: f64,
    /// Share of the time that it was ready to run while others had its core.
    pub cpu_wait_share: f64,
    /// Share of the time that the CPU quota of its control group had stopped it.
    #[serde(default)]
    pub cpu_throttled_share: f64,
    /// Share of the time that the host of this virtual machine gave its CPUs to others.
    #[serde(default)]
    pub cpu_stolen_share: f64,
}

impl ClientLoad {
    /// The share of the time that it needed a core, whether it had one or not.
    pub(crate) fn busy_share(&self) -> f64 {
        (self.cpu_share + self.kept_from_share()).min(1.0)
    }

    /// The share of the time that it needed a core and had none. What a quota takes is a part of what it waited, on kernels
    /// that count it there.
    pub(crate) fn kept_from_share(&self) -> f64 {
        (self.cpu_wait_share.max(self.cpu_throttled_share) + self.cpu_stolen_share).min(1.0)
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
        let load =
            |cpu_share, cpu_wait_share| ClientLoad { cpu_share, cpu_wait_share, ..ClientLoad::default() };
        let (ran, waited) = (load(0.6, 0.0), load(0.3, 0.5));
        assert_eq!(ran.busier_of(waited), waited);
        assert_eq!(waited.busier_of(ran), waited);
        assert!((load(0.9, 0.3).busy_share() - 1.0).abs() < 1e-9);
    }
}
