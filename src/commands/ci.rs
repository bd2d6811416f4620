//! What a CI system is told besides the report: `--ci github`.

use std::fs::OpenOptions;
use std::io::Write;

use super::console;
use crate::report::{Format, Style, render};
use crate::result::{Conclusion, DocumentRef, Summary, name_of};

/// Where GitHub Actions takes a summary of the step from.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
}

/// A finding, as an annotation has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    level: Level,
    title: String,
    text: String,
}

/// Tells GitHub Actions: the summary as a table, and an annotation for each finding. Not to do so is no failure of the run.
pub(super) fn tell_github(document: DocumentRef<'_>) {
    for finding in findings(document) {
        console::tell(annotation(&finding));
    }
    let Some(path) = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) else {
        console::tell("warning: --ci github: GITHUB_STEP_SUMMARY is not set, so there is no step summary");
        return;
    };
    let written = render(document, Format::Markdown, &Style::default())
        .map_err(|error| error.to_string())
        .and_then(|text| {
            let file = OpenOptions::new().append(true).create(true).open(&path);
            file.and_then(|mut file| writeln!(file, "{text}")).map_err(|error| error.to_string())
        });
    if let Err(error) = written {
        console::tell(format_args!("warning: the step summary could not be written: {error}"));
    }
}

fn findings(document: DocumentRef<'_>) -> Vec<Finding> {
    match document {
        DocumentRef::Result(summary) => of_result(&name_of(summary), summary),
        DocumentRef::Runs(runs) => {
            let named = runs.runs.iter().map(|run| (format!("{} #{}", run.name, run.repeat), &run.result));
            named.flat_map(|(name, result)| of_result(&name, result)).collect()
        }
        // A ladder goes beyond what holds, on purpose.
        DocumentRef::Sweep(_) => Vec::new(),
        DocumentRef::Comparison(comparison) => {
            let failing = comparison.conditions.iter().filter(|judged| judged.fails || judged.inconclusive);
            failing
                .map(|judged| Finding {
                    level: if judged.fails { Level::Error } else { Level::Warning },
                    title: judged.condition.clone(),
                    text: judged.reason.clone(),
                })
                .collect()
        }
    }
}

fn of_result(name: &str, summary: &Summary) -> Vec<Finding> {
    let missed = summary.slos.iter().filter(|slo| !slo.passed).map(|slo| Finding {
        level: Level::Error,
        title: format!("{name}: {}", slo.slo),
        text: format!("missed: {}", crate::report::text::brief::measured(slo)),
    });
    let mut found: Vec<Finding> = missed.collect();
    let concluded = crate::report::text::brief::concluded(summary);
    let level = match concluded.conclusion {
        Conclusion::KeepingUp | Conclusion::ClosedLoop => return found,
        Conclusion::TooMuch | Conclusion::Failing | Conclusion::AtTheLimit => Level::Warning,
        Conclusion::Died | Conclusion::NotTested | Conclusion::ClientLimit | Conclusion::Incomplete => {
            Level::Error
        }
    };
    let title = format!("{name}: {}", concluded.conclusion.words());
    found.insert(0, Finding { level, title, text: concluded.evidence });
    found
}

/// A workflow command. What would end it, or its title, is escaped.
fn annotation(finding: &Finding) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let level = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let title = escaped(&finding.title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{}", escaped(&finding.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn what_failed_is_annotated_and_nothing_breaks_out_of_it() {
        let summary = fixture::freeze();
        let found = findings(DocumentRef::Result(&summary));
        assert!(
            found.iter().any(|finding| finding.level == Level::Error && finding.title.contains("p99<250ms")),
            "{found:?}"
        );
        let text = annotation(&Finding {
            level: Level::Error,
            title: "a:b,c%".to_owned(),
            text: "x\n::error::y".to_owned(),
        });
        assert_eq!(text, "::error title=a%3Ab%2Cc%25::x%0A::error::y");
    }

    #[test]
    fn what_holds_is_not() {
        let mut summary = fixture::freeze();
        summary.slos.clear();
        summary.verdict.result = Some(Conclusion::KeepingUp);
        assert_eq!(findings(DocumentRef::Result(&summary)), []);
        summary.verdict.result = Some(Conclusion::TooMuch);
        assert_eq!(findings(DocumentRef::Result(&summary))[0].level, Level::Warning);
    }
}
