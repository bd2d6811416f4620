//! `rpsbench compare`: results side by side, saved ones or made now, and exit code 99 when they differ by more than they may.

use std::path::{Path, PathBuf};

use super::console::{Console, tell};
use super::error::CommandError;
use super::exit::Exit;
use super::machine::machine;
use super::publish::publish;
use super::report::content_of;
use super::runner::{Runner, rate_of};
use super::signals::Signals;
use crate::cli::{CompareArgs, CompareJob, CompareSource, LiveJob, Typed};
use crate::compare::{Live, compare as side_by_side, import, reading_of};
use crate::report::{Format, clean};
use crate::result::{Reading, Runs, Summary, letter};

/// The open loops of a live comparison, as parts of the throughput of the closed one.
const LOADS: [f64; 3] = [1.0, 0.9, 1.05];

pub(super) fn compare(args: &CompareArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let CompareJob { source, conditions, fail_inconclusive, screen, outputs, quiet } =
        CompareJob::new(args, typed, machine())?;
    let console = Console::new(quiet);
    let (comparison, exit) = match source {
        CompareSource::Saved(files) => (side_by_side(saved(&files)?, &conditions)?, Exit::Done),
        CompareSource::Live(job) => {
            let results = run_live(*job)?;
            let exit = results.iter().map(|result| Exit::of(result, &[])).max().unwrap_or(Exit::Done);
            if let [only] = results.as_slice() {
                // Cut short before there was anything to compare with: what there is is shown.
                publish(only, &screen, outputs)?;
                return Ok(Exit::Interrupted);
            }
            let all = Runs::new(results, false);
            let readings = all.runs.iter().map(|run| reading_of(&run.name, &run.result)).collect();
            let mut comparison = side_by_side(readings, &conditions)?;
            comparison.findings = findings(&all.runs.iter().map(|run| &run.result).collect::<Vec<_>>());
            comparison.runs = all.runs;
            (comparison, exit)
        }
    };
    if screen.format != Format::Text {
        // The text says so itself.
        comparison.warnings.iter().for_each(|warning| console.warn(clean(&warning.text)));
    }
    publish(&comparison, &screen, outputs)?;
    for judged in comparison.conditions.iter().filter(|judged| judged.fails) {
        tell(format_args!("{} fails for {}: {}", judged.condition, letter(judged.result), judged.reason));
    }
    for judged in comparison.conditions.iter().filter(|judged| judged.inconclusive) {
        tell(format_args!(
            "{} is inconclusive for {}: {}",
            judged.condition,
            letter(judged.result),
            judged.reason
        ));
    }
    Ok(if comparison.fails(fail_inconclusive) { exit.max(Exit::ObjectiveMissed) } else { exit })
}

/// Runs the closed loop, then the open ones, as far as an interrupt lets it.
fn run_live(job: LiveJob) -> Result<Vec<Summary>, CommandError> {
    let LiveJob { users, closed, planner, duration_ns, setup } = job;
    let signals = Signals::listen()?;
    Runner::with(setup, &planner, planner.threads(&closed), &signals, async |runner| {
        runner.console.doing(format_args!("1 of 4: closed loop, {users} users"));
        let summary = runner.measure(closed).await?;
        let reached_per_s = summary.rates.completed_per_s;
        let mut results = vec![summary];
        for (part, number) in LOADS.into_iter().zip(2..) {
            if runner.is_stopping() {
                break;
            }
            let rate = rate_of((reached_per_s * part * 10.0).round() / 10.0)?;
            runner.console.doing(format_args!("{number} of 4: open loop, {rate} ({part} of the throughput)"));
            runner.renew_service();
            results.push(runner.measure(runner.at(rate, duration_ns)?).await?);
        }
        Ok(results)
    })
}

/// What the runs show together: the closed loop first, then those of [`LOADS`], as far as they were run.
fn findings(results: &[&Summary]) -> Vec<String> {
    match results {
        [closed, same, rest @ ..] => {
            let (below, above) = (rest.first().copied(), rest.get(1).copied());
            Live { closed, same, below, above }.findings()
        }
        _ => Vec::new(),
    }
}

/// The readings of saved results, in the order of the files.
fn saved(files: &[PathBuf]) -> Result<Vec<Reading>, CommandError> {
    let mut readings = Vec::new();
    for file in files {
        let bytes = content_of(file)
            .map_err(|source| CommandError::System { what: "cannot read the result", source })?;
        readings.extend(import(&name_of(file), &bytes)?);
    }
    Ok(readings)
}

/// The file's name without its folder, which nobody needs to see in a report.
fn name_of(file: &Path) -> String {
    if file == Path::new("-") {
        return "stdin".to_owned();
    }
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}
