//! JUnit's XML, which Jenkins, GitLab, Azure and others show as tests: one for the client's part, one for what the run amounts
//! to, one for each objective.
//!
//! A run that cannot tell, and a condition that is inconclusive, are skipped tests: neither passed nor failed. The elements and
//! attributes are those of Jenkins' schema (junit-10.xsd).

use askama::Template;

use super::reporter::Reporter;
use super::sweep as sweeps;
use super::text::brief;
use crate::result::{Comparison, Conclusion, GeneratorVerdict, Runs, Subject, Summary, Sweep, name_of};

/// Every kind of document.
pub(super) const REPORTER: Reporter = Reporter {
    name: "junit",
    extension: "xml",
    help: "Objectives and verdicts as tests, for CI",
    escapes_controls: false,
    result: Some(|summary, _| write(&[suite(&suite_name(summary), summary)])),
    runs: Some(|runs, _| of_runs(runs)),
    sweep: Some(|sweep, _| of_sweep(sweep)),
    comparison: Some(|comparison, _| of_comparison(comparison)),
};

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

#[derive(Debug, Clone)]
struct Case {
    name: String,
    outcome: Outcome,
}

/// The tests of one result.
#[derive(Debug, Clone)]
struct Suite {
    name: String,
    /// When it started, without the zone, which the schema has no room for.
    timestamp: String,
    time_s: f64,
    cases: Vec<Case>,
}

#[derive(Template)]
#[template(path = "junit.xml", config = "src/report/html/askama.toml")]
struct Written<'a> {
    suites: &'a [Suite],
}

impl Suite {
    fn count(&self, is: fn(&Outcome) -> bool) -> usize {
        self.cases.iter().filter(|case| is(&case.outcome)).count()
    }

    fn failures(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    fn skipped(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Skipped(_)))
    }

    /// In seconds, as the schema writes them.
    fn time(&self) -> String {
        format!("{:.3}", self.time_s)
    }
}

fn write(suites: &[Suite]) -> String {
    let text = Written { suites }.render().unwrap_or_default();
    // XML 1.0 has no place for these two, escaped or not (2.2); control characters are replaced in every document.
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}").trim_end().to_owned() + "\n"
}

/// What the run was called, so that several in one job can be told apart; otherwise what was planned.
fn suite_name(summary: &Summary) -> String {
    summary.plan.name.clone().unwrap_or_else(|| name_of(summary))
}

fn suite(name: &str, summary: &Summary) -> Suite {
    let mut cases = vec![client(summary), service(summary)];
    cases.extend(summary.slos.iter().map(|slo| {
        let outcome = if slo.passed { Outcome::Passed } else { Outcome::Failed(brief::measured(slo)) };
        Case { name: slo.slo.clone(), outcome }
    }));
    Suite {
        name: name.to_owned(),
        timestamp: summary.started_at.trim_end_matches('Z').to_owned(),
        time_s: summary.rates.elapsed_s.unwrap_or(summary.rates.window_s),
        cases,
    }
}

/// Whether the client did its part: otherwise the figures are its own.
fn client(summary: &Summary) -> Case {
    let reasons: Vec<&str> = summary.verdict.texts_on(Subject::Generator).collect();
    let outcome = match summary.verdict.generator {
        GeneratorVerdict::Invalid => Outcome::Failed(reasons.join("; ")),
        _ => Outcome::Passed,
    };
    Case { name: "the client kept its schedule".to_owned(), outcome }
}

/// What the run amounts to.
fn service(summary: &Summary) -> Case {
    let concluded = brief::concluded(summary);
    let text = format!("{}: {}", concluded.conclusion.words(), concluded.evidence);
    let outcome = match concluded.conclusion {
        Conclusion::KeepingUp => Outcome::Passed,
        Conclusion::AtTheLimit
        | Conclusion::ClosedLoop
        | Conclusion::ClientLimit
        | Conclusion::Incomplete => Outcome::Skipped(text),
        _ => Outcome::Failed(text),
    };
    Case { name: "the service kept up".to_owned(), outcome }
}

fn of_runs(runs: &Runs) -> String {
    let suites: Vec<Suite> =
        runs.runs.iter().map(|run| suite(&format!("{} {}", run.name, run.repeat), &run.result)).collect();
    write(&suites)
}

/// A search is one test. A ladder climbs until the service gives in, so that only its clients can fail.
fn of_sweep(sweep: &Sweep) -> String {
    let cases = match &sweep.search {
        Some(search) if search.code == sweeps::FOUND || search.knee.is_some() => {
            vec![Case { name: search.words.clone(), outcome: Outcome::Passed }]
        }
        Some(search) => {
            vec![Case {
                name: "a knee was found".to_owned(),
                outcome: Outcome::Failed(search.reason.clone()),
            }]
        }
        None => {
            let of = |rung: &crate::result::Rung| Case {
                name: format!("{}: the client kept its schedule", sweeps::name(rung)),
                ..client(&rung.result)
            };
            sweep.rungs.iter().map(of).collect()
        }
    };
    // Not `sum`: that of nothing is -0.0, and the schema knows no time below 0.
    let time_s = sweep.rungs.iter().fold(0.0, |time_s, rung| time_s + rung.result.rates.window_s);
    let timestamp = sweep.started_at.trim_end_matches('Z').to_owned();
    write(&[Suite { name: "rates".to_owned(), timestamp, time_s, cases }])
}

/// The conditions of a comparison.
fn of_comparison(comparison: &Comparison) -> String {
    let cases = comparison.conditions.iter().map(|judged| {
        let outcome = match (judged.fails, judged.inconclusive) {
            (true, _) => Outcome::Failed(judged.reason.clone()),
            (_, true) => Outcome::Skipped(judged.reason.clone()),
            _ => Outcome::Passed,
        };
        Case { name: judged.condition.clone(), outcome }
    });
    let first = comparison.runs.first().map(|run| run.result.started_at.trim_end_matches('Z').to_owned());
    write(&[Suite {
        name: "comparison".to_owned(),
        timestamp: first.unwrap_or_default(),
        time_s: 0.0,
        cases: cases.collect(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn xml(summary: &Summary) -> String {
        write(&[suite(&suite_name(summary), summary)])
    }

    #[test]
    fn objectives_and_verdicts_are_tests() {
        let summary = fixture::freeze();
        let text = xml(&summary);
        let failed = summary.slos.iter().filter(|slo| !slo.passed).count();
        assert!(failed > 0, "the fixture misses an objective");
        assert!(
            text.contains(&format!("tests=\"{}\" failures=\"{failed}\"", 2 + summary.slos.len())),
            "{text}"
        );
        assert_eq!(text.matches("<failure ").count(), failed, "{text}");
        let overloaded = xml(&fixture::overload());
        assert!(overloaded.contains("<failure message=\"TOO MUCH"), "{overloaded}");
    }

    #[test]
    fn what_a_server_says_is_no_markup() {
        let mut summary = fixture::freeze();
        summary.slos[0].slo = "p99<1ms & \"x\"".to_owned();
        let text = xml(&summary);
        assert!(!text.contains("p99<1ms") && !text.contains("& \""), "{text}");
    }

    #[test]
    fn what_xml_has_no_place_for_is_replaced_and_a_named_run_keeps_its_name() {
        let mut summary = fixture::freeze();
        summary.plan.name = Some("check\u{ffff}out".to_owned());
        let text = xml(&summary);
        assert!(text.contains("<testsuite name=\"check\u{fffd}out\""), "{text}");
    }

    #[test]
    fn a_search_that_measured_nothing_took_no_time_at_all() {
        let text = of_sweep(&crate::ladder::sweep_of(Vec::new(), 3.0, true));
        assert!(text.contains("time=\"0.000\"") && !text.contains("timestamp="), "{text}");
    }
}
