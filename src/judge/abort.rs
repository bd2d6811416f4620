//! When a run is hopeless: watched second by second while it goes on.

use std::str::FromStr;

use hdrhistogram::Histogram;

use super::objective::limit_of;
use super::reasons::percent;
use crate::measure::{Quantile, millis};
use crate::result::{Figure, Unit};

/// How long a service refuses every connection before a run ends by itself, in seconds.
const REFUSED_FOR_S: u64 = 5;
/// The longest patience: a day.
const LONGEST_S: u64 = 86_400;

/// A condition that ends a run when it holds for so long, such as `failure_rate>50% for 5s`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AbortRule {
    figure: Figure,
    /// In the unit of the figure.
    limit: f64,
    /// For so many seconds in a row.
    for_s: u64,
    text: String,
}

/// Why a text is no such condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no condition to abort on: {reason}; write it as 'failure_rate>50% for 5s', 'error_rate>20% for 10s' or \
     'p99>2s for 30s'"
)]
pub(crate) struct AbortRuleError {
    text: String,
    reason: String,
}

impl FromStr for AbortRule {
    type Err = AbortRuleError;

    fn from_str(text: &str) -> Result<Self, AbortRuleError> {
        let text = text.trim();
        let fail = |reason: &str| AbortRuleError { text: text.to_owned(), reason: reason.to_owned() };
        let (condition, length) =
            text.split_once(" for ").ok_or_else(|| fail("it does not say for how long"))?;
        let (name, limit) = condition.split_once('>').ok_or_else(|| fail("it compares with nothing by >"))?;
        let figure: Figure = name.trim().parse().map_err(|error| fail(&format!("{error}")))?;
        let is_watched = matches!(
            figure,
            Figure::ErrorRate | Figure::FailureRate | Figure::OverflowRate | Figure::Percentile(_)
        );
        if !is_watched {
            return Err(fail("only error_rate, failure_rate, overflow_rate and percentiles are watched"));
        }
        let limit = limit_of(figure.unit(), limit.trim()).map_err(|reason| fail(&reason))?;
        let seconds = length.trim().strip_suffix('s').and_then(|number| number.trim().parse().ok());
        let for_s: u64 = seconds.ok_or_else(|| fail("the length is in whole seconds, as in 5s"))?;
        if for_s == 0 || for_s > LONGEST_S {
            return Err(fail("the length is from 1s to 86400s"));
        }
        Ok(Self { figure, limit, for_s, text: text.to_owned() })
    }
}

/// What happened in a second of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WatchedSecond<'a> {
    /// Whether it belongs to the warm-up.
    pub is_warmup: bool,
    /// Arrivals that became due.
    pub offered: u64,
    /// Complete answers.
    pub completed: u64,
    /// Of those, HTTP errors.
    pub http_errors: u64,
    /// Timeouts and connections that failed.
    pub failed: u64,
    /// Of those, connections that were refused.
    pub refused: u64,
    /// Arrivals that found the cap full.
    pub overflow: u64,
    /// Response times of the good answers, in nanoseconds.
    pub response: &'a Histogram<u32>,
}

impl WatchedSecond<'_> {
    /// A figure of this second; `None` where nothing ended that would tell.
    fn figure(&self, figure: Figure) -> Option<f64> {
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        let ended = self.completed + self.failed;
        match figure {
            Figure::ErrorRate => share(self.http_errors, ended),
            Figure::FailureRate => share(self.failed, ended),
            Figure::OverflowRate => share(self.overflow, self.offered),
            Figure::Percentile(quantile) => self.percentile(quantile),
            _ => None,
        }
    }

    fn percentile(&self, quantile: Quantile) -> Option<f64> {
        let is_supported = quantile.is_supported_by(self.response.len());
        is_supported.then(|| millis(self.response.value_at_quantile(quantile.share())))
    }
}

/// Watches a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct AbortWatch {
    /// Each rule, and for how many seconds in a row it holds.
    rules: Vec<(AbortRule, u64)>,
    /// For how many seconds in a row every connection was refused; `None`: that is no matter.
    refused_s: Option<u64>,
}

impl AbortWatch {
    /// `ends_when_refused`: whether a service that refuses every connection for 5 s ends the run.
    pub(crate) fn new(rules: Vec<AbortRule>, ends_when_refused: bool) -> Self {
        Self {
            rules: rules.into_iter().map(|rule| (rule, 0)).collect(),
            refused_s: ends_when_refused.then_some(0),
        }
    }

    /// A second has passed. Says why the run should end, when it should. A second that tells nothing, in which nothing
    /// ended, counts for neither side.
    pub(crate) fn second(&mut self, second: &WatchedSecond<'_>) -> Option<String> {
        if let Some(refused_s) = &mut self.refused_s
            && second.completed + second.failed > 0
        {
            let all_were = second.completed == 0 && second.refused == second.failed;
            *refused_s = if all_were { *refused_s + 1 } else { 0 };
            if *refused_s >= REFUSED_FOR_S {
                return Some(format!(
                    "every connection was refused for {REFUSED_FOR_S} s (--no-abort goes on all the same)"
                ));
            }
        }
        if second.is_warmup {
            return None;
        }
        for (rule, held_s) in &mut self.rules {
            let Some(value) = second.figure(rule.figure) else { continue };
            *held_s = if value > rule.limit { *held_s + 1 } else { 0 };
            if *held_s >= rule.for_s {
                let value = match rule.figure.unit() {
                    Unit::Share => percent(value),
                    _ => format!("{value:.1} ms"),
                };
                return Some(format!("--abort-on '{}': it was {value} in the last second", rule.text));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Histogram<u32> {
        Histogram::new(3).unwrap()
    }

    fn second(response: &Histogram<u32>, completed: u64, failed: u64) -> WatchedSecond<'_> {
        WatchedSecond {
            is_warmup: false,
            offered: 100,
            completed,
            http_errors: completed / 2,
            failed,
            refused: failed,
            overflow: 0,
            response,
        }
    }

    #[test]
    fn a_rule_must_hold_for_so_many_seconds_in_a_row() {
        let response = quiet();
        let mut watch = AbortWatch::new(vec!["failure_rate>50% for 3s".parse().unwrap()], false);
        let ended =
            |watch: &mut AbortWatch, failed| watch.second(&second(&response, 100 - failed, failed)).is_some();
        assert!(
            !ended(&mut watch, 60) && !ended(&mut watch, 60) && !ended(&mut watch, 50),
            "50 % is not above"
        );
        assert!(!ended(&mut watch, 60) && !ended(&mut watch, 99));
        // Nothing ended: nobody knows.
        assert_eq!(watch.second(&second(&response, 0, 0)), None);
        let why = watch.second(&second(&response, 40, 60)).unwrap();
        assert!(why.contains("failure_rate>50% for 3s") && why.contains("60"), "{why}");
    }

    #[test]
    fn a_service_that_refuses_everything_ends_a_run_and_one_that_only_fails_does_not() {
        let response = quiet();
        let mut watch = AbortWatch::new(Vec::new(), true);
        for _ in 0..4 {
            assert_eq!(watch.second(&WatchedSecond { is_warmup: true, ..second(&response, 0, 9) }), None);
        }
        assert!(watch.second(&second(&response, 0, 9)).is_some_and(|why| why.contains("refused for 5 s")));
        let mut watch = AbortWatch::new(Vec::new(), true);
        for _ in 0..20 {
            assert_eq!(watch.second(&second(&response, 1, 9)), None);
            assert_eq!(watch.second(&WatchedSecond { refused: 8, ..second(&response, 0, 9) }), None);
        }
        let mut watch = AbortWatch::new(Vec::new(), false);
        assert!((0..20).all(|_| watch.second(&second(&response, 0, 9)).is_none()));
    }

    #[test]
    fn the_warm_up_is_not_judged_by_rules_and_percentiles_are() {
        let mut response = quiet();
        response.record_n(3_000_000_000, 1_000).unwrap();
        let mut watch = AbortWatch::new(vec!["p99>2s for 1s".parse().unwrap()], true);
        assert_eq!(watch.second(&WatchedSecond { is_warmup: true, ..second(&response, 100, 0) }), None);
        assert!(watch.second(&second(&response, 100, 0)).is_some());
    }

    #[test]
    fn what_is_no_rule_says_how_it_is_written() {
        for (text, reason) in [
            ("failure_rate>50%", "for how long"),
            ("failure_rate<50% for 5s", "by >"),
            ("rps>5 for 5s", "are watched"),
            ("latency>5ms for 5s", "no figure"),
            ("p99>5 for 5s", "no unit"),
            ("failure_rate>50% for 5", "whole seconds"),
            ("failure_rate>50% for 0s", "1s to"),
        ] {
            let error = text.parse::<AbortRule>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
