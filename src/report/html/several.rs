//! Pages of several results: repeats and stages, ladders and searches, comparisons.

use super::charts::{self, Chart, Charts};
use super::page::{Banner, Figure as Place, Page, Section, Table, Tone};
use super::run;
use crate::report::runs::interval;
use crate::report::sweep as sweeps;
use crate::report::text::brief;
use crate::report::text::numbers::{count, figure, ms, or_dash, percent, plain};
use crate::result::{Comparison, Conclusion, Figure, Knee, NoiseVerdict, Runs, Summary, Sweep};

/// Repeats of a run, or stages of a closed loop.
pub(super) fn runs(runs: &Runs) -> Page {
    let named: Vec<(String, &Summary)> =
        runs.runs.iter().map(|run| (format!("{} #{}", run.name, run.repeat), &run.result)).collect();
    let mut charts = Charts::new();
    let curves: Vec<(&str, &Summary)> = named.iter().map(|(name, result)| (name.as_str(), *result)).collect();
    let mut overview = Section::new("All runs");
    place(
        &mut overview,
        &mut charts,
        "all-percentiles",
        "Percentiles of every run",
        charts::percentiles(&curves, false),
    );
    let spread = runs.spread.iter().map(|spread| {
        let range = if spread.median > 0.0 {
            percent((spread.max - spread.min) / spread.median)
        } else {
            "-".to_owned()
        };
        vec![
            format!("{} {}", spread.name, spread.figure),
            count(spread.repeats),
            plain(spread.min),
            plain(spread.median),
            plain(spread.max),
            range,
            interval(spread),
        ]
    });
    let overview = overview.with(table_of(&named)).with(Table::new(
        "Spread between repeats",
        &["figure", "repeats", "least", "median", "most", "range", "median, 95 %"],
        spread.collect(),
    ));
    let first = runs.runs.first().map(|run| &run.result);
    Page {
        title: format!("{} runs", named.len()),
        about: first.map_or_else(Vec::new, run::about),
        banner: of_several(&named, "runs", runs.interrupted),
        keys: Vec::new(),
        sections: [vec![overview], each(&named, &mut charts)].concat(),
        charts,
    }
}

/// Runs at several rates.
pub(super) fn sweep(sweep: &Sweep) -> Page {
    let named: Vec<(String, &Summary)> =
        sweep.rungs.iter().map(|rung| (sweeps::name(rung), &rung.result)).collect();
    let mut rungs: Vec<(f64, &Summary)> =
        sweep.rungs.iter().map(|rung| (rung.rate_per_s, &rung.result)).collect();
    rungs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut charts = Charts::new();
    let mut overview = Section::new("Rates");
    let response = charts::of_rates(
        &rungs,
        marks(sweep),
        |summary| {
            let of = |figure: Figure| summary.latency.response.figure(figure).exact();
            vec![("p50", of(Figure::P50)), ("p99", of(Figure::P99))]
        },
        "response time, ms",
        true,
    );
    let answered = charts::of_rates(
        &rungs,
        marks(sweep),
        |summary| {
            vec![("answered", Some(summary.rates.completed_per_s)), ("good", Some(summary.rates.ok_per_s))]
        },
        "requests/s",
        false,
    );
    place(&mut overview, &mut charts, "rates-response", "Response time at each rate", Some(response));
    place(
        &mut overview,
        &mut charts,
        "rates-answered",
        "Answered and good requests at each rate",
        Some(answered),
    );
    let overview = overview.with(table_of(&named)).with(knees(sweep)).with(votes(sweep));
    let first = sweep.rungs.first().map(|rung| &rung.result);
    let banner = match &sweep.search {
        Some(search) => Banner {
            tone: if search.code == sweeps::FOUND { Tone::Good } else { Tone::Doubtful },
            result: "SEARCH".to_owned(),
            evidence: search.words.clone(),
            lines: vec![("Ended".to_owned(), search.reason.clone())],
        },
        None => of_several(&named, "rungs", sweep.interrupted),
    };
    Page {
        title: "rates".to_owned(),
        about: first.map_or_else(Vec::new, |first| {
            run::about(first).into_iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, line)| line).collect()
        }),
        banner,
        keys: Vec::new(),
        sections: [vec![overview], each(&named, &mut charts)].concat(),
        charts,
    }
}

/// Results side by side.
pub(super) fn comparison(comparison: &Comparison) -> Page {
    let named: Vec<(String, &Summary)> =
        comparison.runs.iter().map(|run| (format!("{} #{}", run.name, run.repeat), &run.result)).collect();
    let mut charts = Charts::new();
    let curves: Vec<(&str, &Summary)> = named.iter().map(|(name, result)| (name.as_str(), *result)).collect();
    let mut overview = Section::new("Side by side");
    place(
        &mut overview,
        &mut charts,
        "all-percentiles",
        "Percentiles of all results",
        charts::percentiles(&curves, false),
    );
    overview.notes = comparison
        .warnings
        .iter()
        .map(|warning| warning.text.clone())
        .chain(comparison.findings.clone())
        .collect();
    let of = |times: &crate::result::Times, wanted: Figure| figure(times.figure(wanted), ms);
    let readings = comparison.results.iter().enumerate().map(|(index, reading)| {
        vec![
            format!("{} {}", crate::result::letter(index), reading.name),
            reading.tool.clone(),
            or_dash(reading.completed_per_s, plain),
            or_dash(reading.error_rate, percent),
            of(&reading.latency, Figure::Mean),
            of(&reading.latency, Figure::P50),
            of(&reading.latency, Figure::P99),
            of(&reading.latency, Figure::Max),
            reading.clock_words.clone(),
        ]
    });
    let head =
        ["result", "tool", "answered/s", "errors", "mean ms", "p50 ms", "p99 ms", "max ms", "timed from"];
    let differences = comparison.differences.iter().flat_map(|difference| {
        difference.figures.iter().map(|one| {
            let noise = match one.noise.verdict {
                NoiseVerdict::Exceeds => "more than noise",
                NoiseVerdict::Within => "within the noise",
                _ => "cannot be told",
            };
            let range = one.noise.ratio_low.zip(one.noise.ratio_high);
            vec![
                format!("{} {}", difference.name, one.figure),
                plain(one.first),
                plain(one.other),
                or_dash(one.ratio, |ratio| format!("{:+.1} %", (ratio - 1.0) * 100.0)),
                range.map_or_else(
                    || "-".to_owned(),
                    |(low, high)| format!("{:+.1} to {:+.1} %", (low - 1.0) * 100.0, (high - 1.0) * 100.0),
                ),
                noise.to_owned(),
            ]
        })
    });
    let conditions = comparison.conditions.iter().map(|judged| {
        let word = match (judged.fails, judged.inconclusive) {
            (true, _) => "FAILED",
            (_, true) => "inconclusive",
            _ => "ok",
        };
        vec![judged.condition.clone(), word.to_owned(), judged.reason.clone()]
    });
    let overview = overview
        .with(Table::new("Conditions", &["condition", "verdict", "why"], conditions.collect()))
        .with(Table::new("Results", &head, readings.collect()))
        .with(Table::new(
            "Differences from the first result",
            &["figure", "first", "other", "difference", "95 % interval", "noise"],
            differences.collect(),
        ));
    let figures: Vec<_> = comparison.differences.iter().flat_map(|difference| &difference.figures).collect();
    let differ = figures.iter().filter(|one| one.noise.verdict == NoiseVerdict::Exceeds).count();
    let failed = comparison.conditions.iter().any(|judged| judged.fails);
    let banner = Banner {
        tone: if failed { Tone::Bad } else { Tone::Plain },
        result: if failed { "FAILED".to_owned() } else { "COMPARISON".to_owned() },
        evidence: format!(
            "{} results; {differ} of {} figures differ by more than noise",
            comparison.results.len(),
            figures.len()
        ),
        lines: Vec::new(),
    };
    Page {
        title: "comparison".to_owned(),
        about: vec![format!("{} {}", comparison.tool.name, comparison.tool.version)],
        banner,
        keys: Vec::new(),
        sections: [vec![overview], each(&named, &mut charts)].concat(),
        charts,
    }
}

fn place(section: &mut Section, charts: &mut Charts, id: &str, label: &str, chart: Option<Chart>) {
    if let Some(chart) = chart {
        charts.insert(id.to_owned(), chart);
        section.figures.push(Place { id: id.to_owned(), label: label.to_owned() });
    }
}

/// One row for each run.
fn table_of(named: &[(String, &Summary)]) -> Table {
    let rows = named.iter().map(|(name, summary)| {
        let of = |wanted: Figure| figure(summary.latency.response.figure(wanted), ms);
        vec![
            name.clone(),
            brief::concluded(summary).conclusion.words().to_owned(),
            count(summary.ledger.sent),
            plain((summary.rates.completed_per_s * 10.0).round() / 10.0),
            plain((summary.rates.ok_per_s * 10.0).round() / 10.0),
            of(Figure::P50),
            of(Figure::P99),
            of(Figure::Max),
            summary
                .slos
                .iter()
                .filter(|slo| !slo.passed)
                .map(|slo| slo.slo.clone())
                .collect::<Vec<_>>()
                .join(", "),
        ]
    });
    let head =
        ["run", "result", "sent", "answered/s", "good/s", "p50 ms", "p99 ms", "max ms", "objectives missed"];
    Table::new("One row for each run", &head, rows.collect())
}

/// What several runs amount to: the worst of them.
fn of_several(named: &[(String, &Summary)], what: &str, interrupted: bool) -> Banner {
    let concluded: Vec<(&str, _)> =
        named.iter().map(|(name, summary)| (name.as_str(), brief::concluded(summary))).collect();
    let fine = concluded
        .iter()
        .filter(|(_, one)| matches!(one.conclusion, Conclusion::KeepingUp | Conclusion::ClosedLoop))
        .count();
    let mut lines: Vec<(String, String)> = concluded
        .iter()
        .take(12)
        .map(|(name, one)| ((*name).to_owned(), format!("{}: {}", one.conclusion.words(), one.evidence)))
        .collect();
    if interrupted {
        lines.push(("Interrupted".to_owned(), "not all that was asked for was run".to_owned()));
    }
    Banner {
        tone: if fine == named.len() { Tone::Good } else { Tone::Doubtful },
        result: format!("{} {what}", named.len()),
        evidence: format!("{fine} of {} kept up", named.len()),
        lines,
    }
}

/// The charts and objectives of each run, folded into its own section.
fn each(named: &[(String, &Summary)], charts: &mut Charts) -> Vec<Section> {
    /// More would make a page that nobody can mail.
    const MOST: usize = 12;
    let mut sections = Vec::new();
    for (index, (name, summary)) in named.iter().enumerate().take(MOST) {
        let prefix = format!("run{index}-");
        let own = charts::of_run(summary, &prefix);
        let mut merged = Section::new(name.clone());
        for section in run::sections(summary, &own, &prefix) {
            merged.figures.extend(section.figures);
            merged.tables.extend(section.tables.into_iter().map(Table::folded));
        }
        let banner = run::banner(summary);
        merged.notes.push(format!("{}: {}", banner.result, banner.evidence));
        charts.extend(own);
        sections.push(merged);
    }
    sections
}

fn marks(sweep: &Sweep) -> Vec<(f64, String)> {
    let knees = &sweep.knees;
    let named = [("SLO", knees.slo), ("saturation", knees.saturation)];
    let mut marks = Vec::new();
    for (name, knee) in named {
        let Some(Knee { holds_per_s, fails_per_s }) = knee else { continue };
        marks.extend(holds_per_s.map(|rate| (rate, format!("{name} holds"))));
        marks.extend(fails_per_s.map(|rate| (rate, format!("{name} fails"))));
    }
    marks
}

fn knees(sweep: &Sweep) -> Table {
    let knees = &sweep.knees;
    let named = [
        ("SLO", knees.slo),
        ("saturation", knees.saturation),
        ("power", knees.power),
        ("baseline", knees.baseline),
    ];
    let rate = |rate: Option<f64>| or_dash(rate, |rate| format!("{}/s", plain(rate)));
    let rows = named.iter().filter_map(|(name, knee)| {
        knee.map(|knee| vec![(*name).to_owned(), rate(knee.holds_per_s), rate(knee.fails_per_s)])
    });
    Table::new("Knees", &["knee", "holds", "fails"], rows.collect())
}

fn votes(sweep: &Sweep) -> Table {
    let loads = sweep.search.iter().flat_map(|search| &search.loads);
    let rows = loads.map(|load| {
        vec![format!("{}/s", plain(load.rate_per_s)), count(load.good), count(load.bad), count(load.void)]
    });
    Table::new("Trials at each rate", &["rate", "good", "bad", "void"], rows.collect())
}
