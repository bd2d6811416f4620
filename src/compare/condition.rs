//! `--fail-if`: by how much another result may differ from the first before the comparison fails.

use std::fmt;
use std::str::FromStr;

use crate::result::{Bound, Difference, Figure, Judgement, NoiseVerdict, Unit, letter, quantity};

/// One condition, such as `p99>+10%`, `p99>+5ms`, `rps<-5%` or `error_rate>+0.1%`. It holds when the other result is higher
/// (`>+`) or lower (`<-`) than the first by more than that.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    figure: Figure,
    /// Higher is what fails, else lower.
    higher: bool,
    limit: Limit,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    /// A share of the first value.
    Relative(f64),
    /// In the unit of the figure.
    Absolute(f64),
}

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a condition: {reason}; write it as 'p99>+10%', 'p99>+5ms', 'rps<-5%' or 'error_rate>+0.1%'"
)]
pub(crate) struct ConditionError {
    text: String,
    reason: String,
}

/// What became of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    HoldsNot,
    Inconclusive,
}

impl Condition {
    pub(crate) fn judge(&self, difference: &Difference) -> Judgement {
        let (verdict, reason) = self.verdict(difference);
        Judgement {
            condition: self.text.clone(),
            result: difference.result,
            fails: verdict == Verdict::Holds,
            inconclusive: verdict == Verdict::Inconclusive,
            reason,
        }
    }

    fn verdict(&self, difference: &Difference) -> (Verdict, String) {
        let (figure, other) = (self.figure, letter(difference.result));
        let Some(found) = difference.figure(figure) else {
            return (Verdict::Inconclusive, format!("A or {other} has no {figure}"));
        };
        let exceeds = self.exceeded_by(found.absolute, found.first);
        let measured = describe(figure, found.absolute, found.ratio);
        let among_failed =
            |whose: &str| format!("{figure} of {whose} falls among requests without a good answer");
        let is_percentile = figure.quantile().is_some();
        // A bound that is beyond the limit already decides; one that is not leaves it open. But a percentile that falls among
        // requests without a good answer is above every measured one.
        let decided = match (found.bound, self.higher) {
            (Bound::Exact, _) => true,
            (Bound::AtLeast, true) if is_percentile => return (Verdict::Holds, among_failed(&other)),
            (Bound::AtMost, false) if is_percentile => return (Verdict::Holds, among_failed("A")),
            (Bound::AtLeast, higher) => higher == exceeds,
            (Bound::AtMost, higher) => higher != exceeds,
            (Bound::Unknown, _) => false,
        };
        if !decided {
            return (Verdict::Inconclusive, among_failed("both"));
        }
        if !exceeds {
            return (Verdict::HoldsNot, format!("{figure} of {other} is {measured}"));
        }
        match found.noise.verdict {
            NoiseVerdict::Within => (
                Verdict::HoldsNot,
                format!("{figure} of {other} is {measured}, but that is within the noise"),
            ),
            NoiseVerdict::Exceeds => {
                (Verdict::Holds, format!("{figure} of {other} is {measured}, which exceeds the noise"))
            }
            // What is no percentile has no noise that anybody knows: the limit alone decides.
            NoiseVerdict::CannotTell => {
                let verdict = if is_percentile { Verdict::Inconclusive } else { Verdict::Holds };
                let reason = &found.noise.reason;
                let text = format!(
                    "{figure} of {other} is {measured}; whether that is noise, nobody can tell ({reason})"
                );
                (verdict, text)
            }
        }
    }

    fn exceeded_by(&self, absolute: f64, first: f64) -> bool {
        let limit = match self.limit {
            Limit::Relative(share) => share * first,
            Limit::Absolute(limit) => limit,
        };
        if self.higher { absolute > limit } else { absolute < -limit }
    }
}

/// A difference as `--fail-if` would write it: `+12.3 % (+4.1 ms)`.
fn describe(figure: Figure, absolute: f64, ratio: Option<f64>) -> String {
    let distance = match figure.unit() {
        Unit::Ms => format!("{absolute:+.3} ms"),
        Unit::PerS => format!("{absolute:+.2}/s"),
        Unit::Share => return format!("{:+.3} percentage points", absolute * 100.0),
    };
    ratio.map_or(distance.clone(), |ratio| format!("{:+.1} % ({distance})", (ratio - 1.0) * 100.0))
}

fn limit_of(figure: Figure, text: &str) -> Result<Limit, String> {
    let (number, suffix) = quantity(text).ok_or_else(|| format!("`{text}` is not a number with a unit"))?;
    let unit = figure.unit();
    match (unit, suffix) {
        // The first error rate is often 0, and a multiple of 0 is no limit.
        (Unit::Ms | Unit::PerS, "%") => return Ok(Limit::Relative(number / 100.0)),
        // Is a bare number per cent, or milliseconds? Of a share it can only be one thing.
        (Unit::Ms | Unit::PerS, "") => None,
        _ => unit.convert(number, suffix),
    }
    .map(Limit::Absolute)
    .ok_or_else(|| match unit {
        Unit::Ms => format!("the limit of {figure} is in %, us, ms or s"),
        Unit::PerS => format!("the limit of {figure} is in % or /s"),
        Unit::Share => format!("the limit of {figure} is in % (percentage points)"),
    })
}

/// The figure of a name, if readings of any tool are compared by it.
fn compared(name: &str) -> Result<Figure, String> {
    let figures = Figure::COMPARED.map(|figure| figure.to_string()).join(", ");
    match name.parse::<Figure>() {
        Ok(figure) if Figure::COMPARED.contains(&figure) => Ok(figure),
        Ok(figure) => Err(format!("results are not compared by `{figure}`, but by {figures}")),
        Err(_) => Err(format!("there is no figure `{name}`; there are {figures}")),
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let text = text.trim();
        let fail = |reason: String| ConditionError { text: text.to_owned(), reason };
        let at = text.find(['<', '>']).ok_or_else(|| fail("it has neither > nor <".to_owned()))?;
        let figure = compared(text[..at].trim()).map_err(fail)?;
        let higher = text[at..].starts_with('>');
        let (sign, words) = if higher { ('+', "higher is >+") } else { ('-', "lower is <-") };
        let limit = text[at + 1..].trim().strip_prefix(sign).ok_or_else(|| {
            fail(format!("it compares with the first result, so {words} and then by how much"))
        })?;
        let limit = limit_of(figure, limit.trim()).map_err(fail)?;
        Ok(Self { figure, higher, limit, text: text.to_owned() })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::Slo;
    use crate::measure::Measured;
    use crate::result::{Better, FigureDifference, Noise};

    fn difference(figure: Figure, first: f64, other: f64, bound: Bound, verdict: NoiseVerdict) -> Difference {
        let noise = Noise { verdict, ratio_low: None, ratio_high: None, reason: "no seconds".to_owned() };
        let ratio = (first > 0.0).then(|| other / first);
        let figures =
            vec![FigureDifference { figure, first, other, absolute: other - first, ratio, bound, noise }];
        Difference { result: 1, name: "b".to_owned(), figures }
    }

    fn fails(condition: &str, figure: Figure, first: f64, other: f64) -> bool {
        let condition: Condition = condition.parse().unwrap();
        condition.judge(&difference(figure, first, other, Bound::Exact, NoiseVerdict::Exceeds)).fails
    }

    #[test]
    fn a_condition_holds_beyond_its_limit_only() {
        for (condition, figure, first, other, expected) in [
            ("p99>+10%", Figure::P99, 100.0, 110.1, true),
            ("p99>+10%", Figure::P99, 100.0, 109.9, false),
            ("p99 > +10 %", Figure::P99, 100.0, 110.1, true),
            ("p(99)>+5ms", Figure::P99, 100.0, 105.1, true),
            ("p99>+0.005s", Figure::P99, 100.0, 104.9, false),
            ("mean>+500us", Figure::Mean, 1.0, 1.6, true),
            ("p99<-10%", Figure::P99, 100.0, 89.0, true),
            ("rps<-5%", Figure::CompletedPerS, 1_000.0, 940.0, true),
            ("rps<-5%", Figure::CompletedPerS, 1_000.0, 960.0, false),
            ("rps<-50/s", Figure::CompletedPerS, 1_000.0, 940.0, true),
            ("error_rate>+0.1%", Figure::ErrorRate, 0.0, 0.0011, true),
            ("error_rate>+0.1%", Figure::ErrorRate, 0.0, 0.0009, false),
            ("failure_rate>+0.001", Figure::FailureRate, 0.01, 0.0111, true),
        ] {
            assert_eq!(fails(condition, figure, first, other), expected, "{condition}: {first} to {other}");
        }
    }

    #[test]
    fn noise_does_not_fail_and_says_so() {
        let condition: Condition = "p99>+10%".parse().unwrap();
        let judge = |bound, verdict| condition.judge(&difference(Figure::P99, 100.0, 130.0, bound, verdict));
        let within = judge(Bound::Exact, NoiseVerdict::Within);
        assert!(!within.fails && within.reason.contains("within the noise"), "{within:?}");
        let unknown = judge(Bound::Exact, NoiseVerdict::CannotTell);
        assert!(
            !unknown.fails && unknown.inconclusive && unknown.reason.contains("nobody can tell (no seconds)"),
            "{unknown:?}"
        );
        assert!(unknown.reason.contains("p99 of B is +30.0 % (+30.000 ms)"), "{unknown:?}");
    }

    #[test]
    fn what_cannot_be_judged_is_inconclusive_and_what_failed_is_worse_than_anything() {
        let higher: Condition = "p99>+10%".parse().unwrap();
        let lower: Condition = "p99<-10%".parse().unwrap();
        let at = |bound, other| difference(Figure::P99, 100.0, other, bound, NoiseVerdict::CannotTell);
        let failed = higher.judge(&at(Bound::AtLeast, 105.0));
        assert!(
            failed.fails && failed.reason.contains("p99 of B falls among requests without"),
            "{failed:?}"
        );
        assert!(!lower.judge(&at(Bound::AtLeast, 130.0)).fails, "at least 130 is not below 90");
        assert!(lower.judge(&at(Bound::AtMost, 95.0)).fails, "A failed, B did not");
        assert!(!higher.judge(&at(Bound::AtMost, 80.0)).fails, "at most 80 is not above 110");
        let both = higher.judge(&at(Bound::Unknown, 100.0));
        assert!(both.inconclusive && !both.fails, "{both:?}");
        let missing = "p50>+1%".parse::<Condition>().unwrap().judge(&at(Bound::Exact, 100.0));
        assert!(missing.inconclusive && missing.reason.contains("A or B has no p50"), "{missing:?}");
        // A rate has no noise that is known of: beyond its limit it fails.
        let rps: Condition = "rps<-5%".parse().unwrap();
        let slower = difference(Figure::CompletedPerS, 100.0, 90.0, Bound::Exact, NoiseVerdict::CannotTell);
        assert!(rps.judge(&slower).fails);
    }

    /// What `--slo` calls by a name, `--fail-if` calls by the same one.
    #[test]
    fn objectives_and_conditions_share_their_words() {
        for names in [
            &["rps", "completed_per_s"][..],
            &["error_rate"],
            &["failure_rate"],
            &["min"],
            &["mean", "avg"],
            &["p50", "med", "p(50)"],
            &["p75", "p(75)"],
            &["p99.99", "p(99.99)"],
            &["max"],
        ] {
            let figure: Figure = names[0].parse().unwrap();
            for name in names {
                let comparison = if figure.better() == Better::More { '>' } else { '<' };
                let unit = if figure.unit() == Unit::Ms { "ms" } else { "" };
                let slo = format!("{name}{comparison}0.5{unit}").parse::<Slo>();
                assert_eq!(slo.map(|slo| slo.figure()), Ok(figure), "{name}");
                let condition = format!("{name}>+{}", if figure.unit() == Unit::Share { "1%" } else { "5%" });
                assert_eq!(condition.parse::<Condition>().unwrap().figure, figure, "{name}");
            }
        }
    }

    /// And it is the same value: an objective is judged on what a comparison of the result is made of.
    #[test]
    fn objectives_and_conditions_see_the_same_figure() {
        let mut compared = 0;
        for summary in crate::fixture::all() {
            let reading = crate::compare::import::reading_of("a", &summary);
            for result in summary.slos.iter().filter(|result| !result.slo.contains(':')) {
                let figure = result.slo.parse::<Slo>().unwrap().figure();
                if Figure::COMPARED.contains(&figure) && reading.figure(figure) != Measured::Unknown {
                    assert_eq!(reading.figure(figure), result.measured, "{}", result.slo);
                    compared += 1;
                }
            }
        }
        assert!(compared >= 5, "{compared}");
    }

    #[test]
    fn what_is_no_condition_says_how_it_is_written() {
        for (text, reason) in [
            ("", "neither > nor <"),
            ("p99", "neither > nor <"),
            ("p99>10%", "higher is >+"),
            ("p99>-10%", "higher is >+"),
            ("rps<+5%", "lower is <-"),
            ("p98>+1%", "not compared by `p98`, but by rps,"),
            ("latency>+1%", "no figure `latency`; there are rps,"),
            ("p99>+", "not a number"),
            ("p99>+ten%", "not a number"),
            ("p99>+1parsec", "in %, us, ms or s"),
            ("rps<-5ms", "in % or /s"),
            ("error_rate>+1ms", "percentage points"),
            ("p99>+1e3%", "in %, us"),
        ] {
            let error = text.parse::<Condition>().unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("'p99>+10%'"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,30}") {
            let _ = text.parse::<Condition>();
        }
    }
}
