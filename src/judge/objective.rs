//! Service level objectives: what a run must keep to pass.

use std::fmt;
use std::str::FromStr;

use crate::measure::{Distribution, Ledger, Quantile, Unanswered, millis};
use crate::result::SloResult;

/// One objective, such as `p99<250ms`, `error_rate<1%` or `achieved>99%`. k6's spelling `p(99)<250` is read too.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    metric: Metric,
    comparison: Comparison,
    /// Milliseconds for a latency, a share of 1 for a rate.
    limit: f64,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Metric {
    Percentile(Quantile),
    Mean,
    Max,
    ErrorRate,
    FailureRate,
    OverflowRate,
    ThrottledRate,
    Achieved,
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
    /// Judges a run by its good response times, its ledger, the arrivals without a good answer, and the sent rate / the
    /// offered rate (`achieved`). Latencies are over all arrivals offered, whatever the size of the sample: an objective
    /// on p99 is kept exactly when at most 1 % were slower or bad.
    pub fn judge(
        &self,
        response_ok: &Distribution,
        ledger: &Ledger,
        bad: &Unanswered,
        achieved: f64,
    ) -> SloResult {
        let offered = ledger.offered();
        let longest_ns = response_ok.max_ns().unwrap_or(0);
        let bound_ms = |rank: u64| Some(millis(bad.bound_ns(rank, longest_ns)));
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let (measured, lower_bound) = match self.metric {
            _ if offered == 0 => (None, false),
            Metric::Percentile(quantile) => match response_ok.at_rank(quantile.rank(offered)) {
                Some(nanos) => (Some(millis(nanos)), false),
                None => (bound_ms(quantile.rank(offered) - response_ok.count()), true),
            },
            Metric::Max if bad.count() > 0 => (bound_ms(bad.count()), true),
            Metric::Max => (response_ok.max_ns().map(millis), false),
            Metric::Mean => {
                let sum_ns = response_ok.sum_ns() as f64 + bad.sum_ns();
                (Some(sum_ns / 1e6 / offered as f64), bad.count() > 0)
            }
            Metric::ErrorRate => (share(ledger.http_error, ledger.sent), false),
            Metric::FailureRate => (share(ledger.timeout + ledger.connection_error, ledger.sent), false),
            Metric::OverflowRate => (share(ledger.overflow, offered), false),
            Metric::ThrottledRate => (share(ledger.throttled, ledger.sent), false),
            Metric::Achieved => (Some(achieved), false),
        };
        // A mean with a few bad arrivals in it is compared as it stands; a percentile or maximum that was not
        // measured cannot be below anything.
        let unknown = lower_bound && self.metric != Metric::Mean;
        let passed = measured.is_some_and(|value| !unknown && self.comparison.holds(value, self.limit));
        let unit = if self.metric.is_latency() { "ms" } else { "share" };
        SloResult { slo: self.text.clone(), passed, measured, unit: unit.to_owned(), lower_bound }
    }
}

impl Comparison {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
        }
    }
}

impl Metric {
    fn is_latency(self) -> bool {
        matches!(self, Self::Percentile(_) | Self::Mean | Self::Max)
    }

    fn parse(name: &str) -> Result<Self, String> {
        let percentile = |digits: &str| {
            let share: f64 = digits.parse().map_err(|_| format!("there is no metric `{name}`"))?;
            let basis_points = (share * 100.0).round();
            let exact = (basis_points - share * 100.0).abs() < 1e-6 && (50.0..=99.99).contains(&share);
            exact
                .then(|| Quantile::from_basis_points(basis_points as u16).map(Self::Percentile))
                .flatten()
                .ok_or_else(|| "percentiles go from p50 to p99.99, with at most 2 decimals".to_owned())
        };
        match name {
            "mean" | "avg" => Ok(Self::Mean),
            "max" => Ok(Self::Max),
            "med" => Ok(Self::Percentile(Quantile::P50)),
            "error_rate" => Ok(Self::ErrorRate),
            "failure_rate" => Ok(Self::FailureRate),
            "overflow_rate" => Ok(Self::OverflowRate),
            "throttled_rate" => Ok(Self::ThrottledRate),
            "achieved" => Ok(Self::Achieved),
            _ => match name.strip_prefix("p(").and_then(|rest| rest.strip_suffix(')')) {
                Some(digits) => percentile(digits),
                None => match name.strip_prefix('p') {
                    Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => percentile(digits),
                    _ => Err(format!(
                        "there is no metric `{name}`; there are p50 to p99.99, mean, max, error_rate, \
                         failure_rate, overflow_rate, throttled_rate, achieved"
                    )),
                },
            },
        }
    }
}

/// A latency limit in milliseconds: `250ms`, `0.25s`, `900us`, or a bare number of milliseconds.
fn parse_latency_ms(text: &str) -> Result<f64, String> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit_ms = match unit {
        "" | "ms" => 1.0,
        "s" => 1_000.0,
        "us" => 0.001,
        "m" | "min" => 60_000.0,
        _ => return Err(format!("`{unit}` is not a unit of time (us, ms, s)")),
    };
    Ok(parse_number(number)? * unit_ms)
}

/// A share of 1: `1%` or `0.01`.
fn parse_share(text: &str) -> Result<f64, String> {
    let value = match text.strip_suffix('%') {
        Some(percent) => parse_number(percent.trim())? / 100.0,
        None => parse_number(text)?,
    };
    if value <= 1.0 { Ok(value) } else { Err(format!("`{text}` is above 100 %; write 1% or 0.01")) }
}

fn parse_number(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten().ok_or_else(|| format!("`{text}` is not a number"))
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let text = text.trim();
        let fail = |reason: String| SloError { text: text.to_owned(), reason };
        let at = text.find(['<', '>']).ok_or_else(|| fail("it compares with nothing".to_owned()))?;
        let (name, rest) = text.split_at(at);
        let (comparison, limit) = match (rest.strip_prefix("<="), rest.strip_prefix(">=")) {
            (Some(limit), _) => (Comparison::AtMost, limit),
            (_, Some(limit)) => (Comparison::AtLeast, limit),
            _ if rest.starts_with('<') => (Comparison::Below, &rest[1..]),
            _ => (Comparison::Above, &rest[1..]),
        };
        let metric = Metric::parse(name.trim()).map_err(fail)?;
        let wants_more = metric == Metric::Achieved;
        if wants_more != matches!(comparison, Comparison::Above | Comparison::AtLeast) {
            let (right, what) = if wants_more { ("> or >=", "more") } else { ("< or <=", "less") };
            return Err(fail(format!("{what} is better for `{}`, so compare with {right}", name.trim())));
        }
        let limit =
            if metric.is_latency() { parse_latency_ms(limit.trim()) } else { parse_share(limit.trim()) }
                .map_err(fail)?;
        let is_empty = match comparison {
            Comparison::Below => limit <= 0.0,
            Comparison::Above => limit >= 1.0,
            Comparison::AtMost | Comparison::AtLeast => false,
        };
        if is_empty {
            return Err(fail("no result can meet it".to_owned()));
        }
        Ok(Self { metric, comparison, limit, text: text.to_owned() })
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

    fn judge(slo: &str, good_ms: &[u64], bad: u64) -> SloResult {
        let mut response = Distribution::new();
        good_ms.iter().for_each(|ms| response.record(ms * 1_000_000));
        let ok = good_ms.len() as u64;
        let ledger = Ledger { planned: ok + bad, sent: ok + bad, ok, timeout: bad, ..Ledger::default() };
        slo.parse::<Slo>().unwrap().judge(
            &response,
            &ledger,
            &Unanswered { failed: bad, failed_ns: 10_000_000_000, ..Unanswered::default() },
            1.0,
        )
    }

    #[test]
    fn spellings_of_the_same_objective_are_equal() {
        let parts = |text: &str| {
            let slo: Slo = text.parse().unwrap();
            (slo.metric, slo.comparison, (slo.limit * 1e6).round())
        };
        for text in ["p99<250", "p(99)<250", "p99 < 0.25s", "p99<250000us", " p99<250ms "] {
            assert_eq!(parts(text), parts("p99<250ms"), "{text}");
        }
        assert_eq!(parts("error_rate<1%"), parts("error_rate<0.01"));
        assert_eq!(parts("p(99.9)<1s"), parts("p99.9<1000ms"));
        assert_eq!(parts("med<5"), parts("p50<5ms"));
    }

    #[test]
    fn what_is_not_an_objective_says_why() {
        for (text, reason) in [
            ("p99", "compares with nothing"),
            ("p100<1ms", "p50 to p99.99"),
            ("p99.999<1ms", "p50 to p99.99"),
            ("latency<1ms", "no metric"),
            ("p99<", "not a number"),
            ("p99<1parsec", "not a unit"),
            ("p99>1ms", "less is better"),
            ("achieved<1%", "more is better"),
            ("error_rate<5", "above 100 %"),
            ("p99<NaN", "not a"),
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
        assert!(!failed.passed && failed.lower_bound, "{failed:?}");
        assert!(!judge("max<20s", &good, 1).passed);
        assert!(judge("failure_rate<=1%", &good, 1).passed);
        assert!(!judge("failure_rate<1%", &good, 1).passed);
        assert!(judge("achieved>=100%", &good, 1).passed);
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
            slo.parse::<Slo>().unwrap().judge(&Distribution::new(), &ledger, &Unanswered::default(), 1.0)
        };
        let result = judge("throttled_rate<=10%");
        assert_eq!((result.passed, result.measured, result.unit.as_str()), (true, Some(0.1), "share"));
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
