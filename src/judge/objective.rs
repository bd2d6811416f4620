//! Service level objectives: what a run must keep to pass.

use std::fmt;
use std::str::FromStr;

use crate::measure::Measured;
use crate::result::{Better, Counted, Figure, Loss, SloResult, Unit, quantity};

/// One objective, such as `p99<250ms`, `error_rate<1%` or `achieved>99%`. k6's spelling `p(99)<250ms` is read too. One on a phase
/// of the run has its name before it: `peak:p99<250ms`.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    figure: Figure,
    comparison: Comparison,
    /// In the unit of the figure.
    limit: f64,
    /// The phase that it is about; `None`: the whole run.
    phase: Option<String>,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// Why a text is not an objective.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an objective: {reason}; write it as 'p99<250ms', 'mean<80ms', 'error_rate<1%' or 'achieved>99%'"
)]
pub struct SloError {
    text: String,
    reason: String,
}

impl Slo {
    /// The phase that it is about; `None`: the whole run.
    pub(crate) fn phase(&self) -> Option<&str> {
        self.phase.as_deref()
    }

    /// What is said of it where nothing was measured.
    pub(super) fn unmeasured(&self) -> SloResult {
        let (slo, unit) = (self.text.clone(), self.figure.unit());
        SloResult { slo, passed: false, measured: Measured::Unknown, unit, loss: None }
    }

    /// What it is about.
    #[cfg(test)]
    pub(crate) fn figure(&self) -> Figure {
        self.figure
    }

    /// Judges a run. Latencies are over all arrivals offered, whatever the size of the sample: an objective on p99 is kept
    /// exactly when at most 1 % were slower or bad.
    pub(crate) fn judge(&self, run: &Counted<'_>) -> SloResult {
        let measured = run.figure(self.figure);
        // A mean with a few bad arrivals in it is compared as it stands; a percentile or maximum that was not measured
        // cannot be below anything.
        let judged = if self.figure == Figure::Mean { measured.least().into() } else { measured };
        let passed = self.comparison.holds(judged, self.limit).unwrap_or(false);
        SloResult { slo: self.text.clone(), passed, measured, unit: self.figure.unit(), loss: self.loss(run) }
    }

    /// The objective as a share of arrivals, and what a run shows of it.
    fn loss(&self, run: &Counted<'_>) -> Option<Loss> {
        let allowed = self.allowed_loss()?;
        let share = match self.figure {
            Figure::Percentile(_) => run.response.share_beyond((self.limit * 1e6) as u64)?,
            _ => run.figure(self.figure).least()?,
        };
        Some(Loss { share, allowed })
    }

    /// Which share of the arrivals may be too slow or bad: 1 % for a p99. `None` for what is no share, such as a mean or a
    /// rate.
    pub(crate) fn allowed_loss(&self) -> Option<f64> {
        let allowed = match self.figure {
            Figure::Percentile(quantile) => 1.0 - quantile.share(),
            Figure::ErrorRate | Figure::FailureRate | Figure::OverflowRate | Figure::ThrottledRate => {
                self.limit
            }
            _ => return None,
        };
        (allowed > 0.0).then_some(allowed)
    }

    /// For an objective on a percentile: the share of arrivals that may be slower, and the limit in seconds.
    pub(crate) fn slower_than(&self) -> Option<(f64, f64)> {
        let is_percentile = matches!(self.figure, Figure::Percentile(_));
        self.allowed_loss().filter(|_| is_percentile).map(|allowed| (allowed, self.limit / 1e3))
    }
}

impl Comparison {
    /// Whether it is known that a value is on the right side of a limit.
    fn holds(self, value: Measured, limit: f64) -> Option<bool> {
        match self {
            Self::Below => value.is_below(limit),
            Self::AtMost => value.is_at_most(limit),
            Self::Above => value.is_at_most(limit).map(|is_at_most| !is_at_most),
            Self::AtLeast => value.is_below(limit).map(|is_below| !is_below),
        }
    }
}

/// A limit in the unit of its figure: `250ms`, `0.25s`; `1%` or `0.01`; `300/s`.
pub(super) fn limit_of(unit: Unit, text: &str) -> Result<f64, String> {
    let (number, suffix) = quantity(text).ok_or_else(|| format!("`{text}` is not a number"))?;
    let limit = unit.convert(number, suffix).ok_or_else(|| match unit {
        Unit::Ms => format!("`{suffix}` is not a unit of time (us, ms, s)"),
        Unit::Share => format!("`{suffix}` is not a unit of a share (%, or none)"),
        Unit::PerS => format!("`{suffix}` is not a unit of a rate (/s)"),
    })?;
    if unit == Unit::Ms && suffix.is_empty() {
        // k6 means milliseconds, a duration here seconds.
        return Err(format!("`{text}` has no unit; write {text}ms or {text}s"));
    }
    if unit == Unit::Share && limit > 1.0 {
        return Err(format!("`{text}` is above 100 %; write 1% or 0.01"));
    }
    if unit == Unit::Share && suffix.is_empty() && limit >= 1.0 {
        return Err(format!("`{text}` can be read as 1 % and as 100 %; write 1% or 100%"));
    }
    Ok(limit)
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let text = text.trim();
        let fail = |reason: String| SloError { text: text.to_owned(), reason };
        let at = text.find(['<', '>']).ok_or_else(|| fail("it compares with nothing".to_owned()))?;
        let (name, rest) = text.split_at(at);
        let (phase, name) = match name.rsplit_once(':') {
            Some((phase, name)) => (Some(phase.trim().to_owned()), name),
            None => (None, name),
        };
        let (comparison, limit) = match (rest.strip_prefix("<="), rest.strip_prefix(">=")) {
            (Some(limit), _) => (Comparison::AtMost, limit),
            (_, Some(limit)) => (Comparison::AtLeast, limit),
            _ if rest.starts_with('<') => (Comparison::Below, &rest[1..]),
            _ => (Comparison::Above, &rest[1..]),
        };
        let figure: Figure = name.trim().parse().map_err(|error| fail(format!("{error}")))?;
        let wants_more = figure.better() == Better::More;
        if wants_more != matches!(comparison, Comparison::Above | Comparison::AtLeast) {
            let (right, what) = if wants_more { ("> or >=", "more") } else { ("< or <=", "less") };
            return Err(fail(format!("{what} is better for `{}`, so compare with {right}", name.trim())));
        }
        let limit = limit_of(figure.unit(), limit.trim()).map_err(fail)?;
        let is_empty = match comparison {
            Comparison::Below => limit <= 0.0,
            Comparison::Above => figure.unit() == Unit::Share && limit >= 1.0,
            Comparison::AtMost | Comparison::AtLeast => false,
        };
        if is_empty {
            return Err(fail("no result can meet it".to_owned()));
        }
        Ok(Self { figure, comparison, limit, phase, text: text.to_owned() })
    }
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measure::{Censored, Distribution, Ledger, Unanswered};

    fn judge(slo: &str, good_ms: &[u64], bad: u64) -> SloResult {
        let mut response = Distribution::new();
        good_ms.iter().for_each(|ms| response.record(ms * 1_000_000));
        let ok = good_ms.len() as u64;
        let ledger = Ledger { planned: ok + bad, sent: ok + bad, ok, timeout: bad, ..Ledger::default() };
        let bad = Unanswered { failed: bad, failed_ns: 10_000_000_000, ..Unanswered::default() };
        judge_counted(slo, Censored { times: &response, bad: &bad }, &ledger)
    }

    fn judge_counted(slo: &str, response: Censored<'_>, ledger: &Ledger) -> SloResult {
        let run = Counted { response, ledger, achieved: 1.0, completed_per_s: 300.0 };
        slo.parse::<Slo>().unwrap().judge(&run)
    }

    #[test]
    fn spellings_of_the_same_objective_are_equal() {
        let parts = |text: &str| {
            let slo: Slo = text.parse().unwrap();
            (slo.figure, slo.comparison, (slo.limit * 1e6).round())
        };
        for text in ["p(99)<250ms", "p99 < 0.25s", "p99<250000us", " p99<250ms "] {
            assert_eq!(parts(text), parts("p99<250ms"), "{text}");
        }
        assert_eq!(parts("error_rate<1%"), parts("error_rate<0.01"));
        assert_eq!(parts("p(99.9)<1s"), parts("p99.9<1000ms"));
        assert_eq!(parts("med<5ms"), parts("p50<5ms"));
    }

    #[test]
    fn what_is_not_an_objective_says_why() {
        for (text, reason) in [
            ("p99", "compares with nothing"),
            ("p100<1ms", "p50 to p99.99"),
            ("p99.999<1ms", "p50 to p99.99"),
            ("latency<1ms", "no figure `latency`"),
            ("p99<", "not a number"),
            ("p99<1parsec", "not a unit"),
            ("p99>1ms", "less is better"),
            ("achieved<1%", "more is better"),
            ("error_rate<5", "above 100 %"),
            ("error_rate<1", "can be read as 1 % and as 100 %"),
            ("p99<NaN", "not a"),
            ("p99<250", "write 250ms or 250s"),
            ("error_rate<1ms", "not a unit of a share"),
            ("rps>5ms", "not a unit of a rate"),
            ("rps<5", "more is better"),
            ("achieved>100%", "no result can meet it"),
            ("p99<0ms", "no result can meet it"),
        ] {
            let error = text.parse::<Slo>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_percentile_counts_the_bad_arrivals() {
        let good: Vec<u64> = (1..=99).collect();
        assert!(judge("p99<=99.1ms", &good, 1).passed, "exactly 1 % bad keeps a p99");
        let failed = judge("p99<20s", &good[..98], 2);
        assert!(!failed.passed && failed.measured.is_bound(), "{failed:?}");
        assert!(!judge("max<20s", &good, 1).passed);
        assert!(judge("failure_rate<=1%", &good, 1).passed);
        assert!(!judge("failure_rate<1%", &good, 1).passed);
        assert!(judge("achieved>=100%", &good, 1).passed);
        assert!(judge("rps>=300/s", &good, 1).passed && !judge("rps>300", &good, 1).passed);
        assert!(judge("min<2ms", &good, 1).passed);
    }

    #[test]
    fn an_objective_is_a_loss_ratio() {
        let good: Vec<u64> = (1..=99).collect();
        let loss = |slo: &str| judge(slo, &good, 1).loss.map(|loss| (loss.share, loss.allowed));
        let near = |got: Option<(f64, f64)>, share: f64, allowed: f64| {
            let (got_share, got_allowed) = got.unwrap();
            assert!((got_share - share).abs() < 1e-9 && (got_allowed - allowed).abs() < 1e-9, "{got:?}");
        };
        near(loss("p99<90.5ms"), 0.10, 0.01);
        near(loss("p90<200ms"), 0.01, 0.1);
        near(loss("failure_rate<2%"), 0.01, 0.02);
        assert_eq!((loss("mean<5ms"), loss("rps>5"), loss("failure_rate<=0%")), (None, None, None));
    }

    #[test]
    fn throttling_is_judged_over_what_was_sent() {
        let ledger = Ledger {
            planned: 100,
            sent: 50,
            overflow: 50,
            http_error: 50,
            throttled: 5,
            ..Ledger::default()
        };
        let judge = |slo: &str| {
            let none = Censored { times: &Distribution::new(), bad: &Unanswered::default() };
            judge_counted(slo, none, &ledger)
        };
        let result = judge("throttled_rate<=10%");
        assert_eq!((result.passed, result.measured, result.unit), (true, Measured::Exact(0.1), Unit::Share));
        assert!(!judge("throttled_rate<10%").passed);
    }

    #[test]
    fn nothing_measured_passes_nothing() {
        for slo in ["p99<1s", "error_rate<1%", "throttled_rate<1%", "mean<1s"] {
            assert!(!judge(slo, &[], 0).passed, "{slo}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Slo>();
        }
    }
}
