//! How well a trial fits a service that is supposed.

use statrs::function::gamma::{checked_gamma_lr, ln_gamma};

use super::queue_model::Expected;
use super::{Trial, Vote};

/// From where on a severity is told by its figure: below, "hardly any" is all that is said, since what is lost with little
/// load (an error now and then) follows no curve.
const HARDLY_ANY: f64 = 0.2;
/// Up to where: beyond, how far beyond depends on how an overload is cut off.
const FAR_TOO_MUCH: f64 = 5.0;
/// One trial in a hundred is about something else: a neighbour on the machine, a restart.
const ABOUT_SOMETHING_ELSE: f64 = 0.01;
/// This part of a length is that length: a schedule ends on a whole arrival.
const WHOLE: f64 = 0.999;
/// How likely any finding is in such a trial.
const ANYTHING: f64 = 0.3;

/// What one trial shows: its severity, as far as that is to be taken at its word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Finding {
    Exactly(f64),
    AtMost(f64),
    AtLeast(f64),
}

impl Finding {
    /// Of a trial; `None` where it is void. A trial in which the service fell behind is bad although its objectives were
    /// kept, and by how much is not known; nor is it where an objective is about something else than a share of arrivals. A
    /// short trial is too short to say that of a service: near the capacity one in three would, by chance, and what counts
    /// of it is its severity alone. `full_s`: the length of a full trial.
    pub(super) fn of(trial: &Trial, full_s: f64) -> Option<Self> {
        let is_short = trial.duration_s < WHOLE * full_s;
        let vote = match (trial.vote, trial.severity) {
            (Vote::Bad, Some(severity)) if is_short && severity <= 1.0 => Vote::Good,
            (vote, _) => vote,
        };
        match (vote, trial.severity) {
            (Vote::Void, _) => None,
            (Vote::Bad, Some(severity)) if severity > FAR_TOO_MUCH => Some(Self::AtLeast(FAR_TOO_MUCH)),
            (Vote::Bad, Some(severity)) if severity > 1.0 => Some(Self::Exactly(severity)),
            (Vote::Bad, _) => Some(Self::AtLeast(1.0)),
            (Vote::Good, Some(severity)) if severity < HARDLY_ANY => Some(Self::AtMost(HARDLY_ANY)),
            (Vote::Good, Some(severity)) => Some(Self::Exactly(severity.min(1.0))),
            (Vote::Good, None) => Some(Self::AtMost(1.0)),
        }
    }

    /// The likelihood of this finding, where `expected` is supposed and trials differ besides by `more_variance` (relative).
    ///
    /// Severities follow a gamma distribution, that of a sum of clusters of exponential size. Densities are per unit of the
    /// logarithm, so that they compare with the probabilities of what is only bounded.
    pub(super) fn likelihood(self, expected: Expected, more_variance: f64) -> f64 {
        let shape = 1.0 / (expected.variance + more_variance);
        let scaled = |severity: f64| shape * severity / expected.severity;
        let below = |severity: f64| checked_gamma_lr(shape, scaled(severity)).unwrap_or(0.5);
        let fits = match self {
            Self::Exactly(severity) => {
                let at = scaled(severity);
                (shape * at.ln() - at - ln_gamma(shape)).exp()
            }
            Self::AtMost(severity) => below(severity),
            Self::AtLeast(severity) => 1.0 - below(severity),
        };
        fits * (1.0 - ABOUT_SOMETHING_ELSE) + ANYTHING * ABOUT_SOMETHING_ELSE
    }
}

#[cfg(test)]
mod tests {
    use super::super::Purpose;
    use super::*;

    fn trial(vote: Vote, severity: Option<f64>) -> Trial {
        let note = String::new();
        Trial { rate_per_s: 100.0, duration_s: 30.0, purpose: Purpose::Vote, vote, severity, note }
    }

    #[test]
    fn a_trial_is_taken_at_its_word_near_the_knee_only() {
        use Finding::{AtLeast, AtMost, Exactly};
        for (vote, severity, expected) in [
            (Vote::Void, Some(0.5), None),
            (Vote::Good, Some(0.0), Some(AtMost(0.2))),
            (Vote::Good, Some(0.7), Some(Exactly(0.7))),
            (Vote::Good, None, Some(AtMost(1.0))),
            (Vote::Bad, Some(1.5), Some(Exactly(1.5))),
            (Vote::Bad, Some(90.0), Some(AtLeast(5.0))),
            (Vote::Bad, Some(0.1), Some(AtLeast(1.0))),
            (Vote::Bad, None, Some(AtLeast(1.0))),
        ] {
            assert_eq!(Finding::of(&trial(vote, severity), 30.0), expected, "{vote} {severity:?}");
        }
        // The same trial, where a full one is twice as long: that the service fell behind is not believed.
        assert_eq!(Finding::of(&trial(Vote::Bad, Some(0.1)), 60.0), Some(AtMost(0.2)));
        assert_eq!(Finding::of(&trial(Vote::Bad, Some(1.5)), 60.0), Some(Exactly(1.5)));
        assert_eq!(Finding::of(&trial(Vote::Bad, None), 60.0), Some(AtLeast(1.0)));
    }

    /// The parts add up: hardly any, some, and far too much are all that there is.
    #[test]
    fn the_likelihoods_of_all_findings_add_up_to_one() {
        for (severity, variance) in [(0.01, 4.0), (0.5, 0.3), (1.0, 0.05), (3.0, 1.0), (60.0, 0.2)] {
            let expected = Expected { severity, variance };
            let plain = |finding: Finding| {
                (finding.likelihood(expected, 0.01) - ANYTHING * ABOUT_SOMETHING_ELSE)
                    / (1.0 - ABOUT_SOMETHING_ELSE)
            };
            let steps = 2_000;
            let width = (FAR_TOO_MUCH / HARDLY_ANY).ln() / f64::from(steps);
            let some: f64 = (0..steps)
                .map(|i| plain(Finding::Exactly(HARDLY_ANY * (width * (f64::from(i) + 0.5)).exp())) * width)
                .sum();
            let sum = plain(Finding::AtMost(HARDLY_ANY)) + some + plain(Finding::AtLeast(FAR_TOO_MUCH));
            assert!((sum - 1.0).abs() < 1e-4, "{severity} {variance}: {sum}");
        }
    }
}
