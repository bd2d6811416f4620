//! How early to wake up, so that the latency of waking is spent before the due instant rather than after it.

/// How much the lead moves at least after a wake-up, in nanoseconds.
const STEP_NS: u64 = 500;
/// Larger leads move by this part of themselves.
const STEP_PART: u64 = 16;
/// Where learning starts, in nanoseconds: about what a virtual machine takes to wake up.
const FIRST_NS: u64 = 30_000;
/// The most that is spun before a due instant, in nanoseconds, however late the wake-ups are.
const MOST_NS: u64 = 100_000;

/// A lead: given by the user, or learned from the wake-ups so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    /// Always so many nanoseconds.
    Fixed(u64),
    /// The median of how late wake-ups are, in nanoseconds: half of them are early, and spin until the instant.
    Learned(u64),
}

impl Lead {
    /// One that has learned nothing yet.
    pub(crate) const LEARNED: Self = Self::Learned(FIRST_NS);

    /// In nanoseconds.
    pub(super) fn nanos(self) -> u64 {
        match self {
            Self::Fixed(nanos) | Self::Learned(nanos) => nanos,
        }
    }

    /// A wake-up was late by so much. The estimate takes a step towards it (stochastic approximation of the median:
    /// H. Robbins and S. Monro, 1951).
    pub(super) fn learn(&mut self, late_ns: u64) {
        if let Self::Learned(lead_ns) = self {
            let step_ns = (*lead_ns / STEP_PART).max(STEP_NS);
            *lead_ns = if late_ns > *lead_ns {
                (*lead_ns + step_ns).min(MOST_NS)
            } else {
                lead_ns.saturating_sub(step_ns)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    #[test]
    fn what_is_learned_is_the_median_of_the_lateness() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        for median_ns in [3_000, 20_000, 60_000_u64] {
            let mut lead = Lead::LEARNED;
            let (mut sum, mut early) = (0, 0);
            for i in 0..20_000 {
                // A long tail: one in a hundred is very late.
                let late_ns =
                    if random.random_bool(0.01) { 5_000_000 } else { random.random_range(0..2 * median_ns) };
                if i >= 10_000 {
                    sum += lead.nanos();
                    early += u64::from(late_ns <= lead.nanos());
                }
                lead.learn(late_ns);
            }
            let mean_ns = sum / 10_000;
            assert!(mean_ns.abs_diff(median_ns) < median_ns / 4, "{mean_ns} for {median_ns}");
            assert!((4_000..6_000).contains(&early), "{early} of 10,000 early");
        }
    }

    #[test]
    fn a_machine_that_sleeps_too_long_does_not_make_the_client_spin_without_end() {
        let mut lead = Lead::LEARNED;
        (0..1_000).for_each(|_| lead.learn(1_000_000_000));
        assert_eq!(lead.nanos(), MOST_NS);
        (0..1_000).for_each(|_| lead.learn(0));
        assert!(lead.nanos() <= STEP_NS);
    }

    #[test]
    fn a_lead_that_was_given_stays() {
        let mut lead = Lead::Fixed(7);
        lead.learn(1_000);
        assert_eq!(lead, Lead::Fixed(7));
    }
}
