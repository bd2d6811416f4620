//! The report for people: the result in ten seconds ([`brief`]), then, where they are wanted, all details, and the result
//! once more.
//!
//! 1. What was run, in a headline, and whether it was cut short.
//! 2. The two verdicts with their evidence, and what queueing added to the time of the idle service.
//! 3. The ledger with both its sums, and the rates.
//! 4. Times: a table, the sizes of answers, a percentile curve, and the run over time; then each endpoint's part.
//! 5. Objectives, status codes, failures, connections, warm-up.
//! 6. Single arrivals: the slowest, and the first failure of each kind.
//! 7. Of a closed loop: what it cannot tell.
//!
//! Sections without content are left out, signs (`>`, `-`) are explained where they occur.

use super::reporter::Reporter;
use super::{Style, compare, runs, sweep};
use crate::result::Summary;

pub(crate) mod brief;
pub(crate) mod closed_loop;
mod connections;
mod curve;
mod details;
pub(crate) mod headline;
mod latency;
pub(super) mod layout;
pub(crate) mod numbers;
mod overview;
pub(crate) mod phases;
mod samples;
pub(crate) mod shards;
pub(crate) mod sizes;
mod strip;

/// All kinds of documents.
pub(super) const REPORTER: Reporter = Reporter {
    name: "text",
    extension: "txt",
    help: "For people",
    escapes_controls: false,
    result: Some(render),
    runs: Some(runs::text),
    sweep: Some(sweep::text),
    comparison: Some(compare::text),
};

/// Writes the report.
pub(crate) fn render(summary: &Summary, style: &Style) -> String {
    let brief = brief::brief(summary, style);
    if style.brief {
        return brief;
    }
    let sections = [
        brief,
        overview::headline(summary, style),
        overview::verdicts(summary, style),
        overview::ledger(summary),
        overview::rates(summary),
        latency::table(summary),
        sizes::table(summary),
        curve::curve(summary).unwrap_or_default(),
        strip::over_time(summary),
        phases::phases(summary),
        latency::of_endpoints(summary),
        latency::of_steps(summary),
        latency::counted_by(summary),
        shards::shards(summary),
        details::objectives(summary, style),
        details::details(summary),
        samples::samples(summary),
        closed_loop::findings(&[summary], style),
        closed_loop::modelled(summary),
        brief::result(summary, style),
    ];
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::report::{assert_is_well_set, assert_reads_as_saved};

    #[test]
    fn reports_read_as_saved() {
        for (name, summary) in [
            ("freeze", fixture::freeze()),
            ("overload", fixture::overload()),
            ("few", fixture::few()),
            ("mixed", fixture::mixed()),
            ("merged", fixture::merged()),
            ("phases", fixture::phases()),
        ] {
            assert_reads_as_saved(name, &render(&summary, &Style::default()));
        }
    }

    #[test]
    fn a_run_that_did_not_check_certificates_says_so() {
        let words = "certificates were NOT checked";
        assert!(render(&fixture::mixed(), &Style::default()).contains(words));
        assert!(!render(&fixture::freeze(), &Style::default()).contains(words));
    }

    #[test]
    fn reports_fit_the_page_and_colour_changes_nothing_but_colour() {
        for summary in fixture::all() {
            assert_is_well_set(|style| render(&summary, style));
        }
    }

    #[test]
    fn an_unreadable_histogram_costs_the_curve_and_nothing_else() {
        let mut summary = fixture::freeze();
        summary.histograms.response_ok = "AAAA".to_owned();
        let (whole, without) =
            (render(&fixture::freeze(), &Style::default()), render(&summary, &Style::default()));
        assert!(whole.contains("Percentiles") && !without.contains("Percentiles"));
        assert!(whole.lines().count() > without.lines().count());
        assert!(without.lines().all(|line| whole.contains(line)));
    }
}
