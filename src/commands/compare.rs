//! `rpsbench compare`: results side by side, and exit code 99 when they differ by more than they may.

use std::path::{Path, PathBuf};

use super::live::note;
use super::report::content_of;
use super::{CommandError, Exit, publish_as};
use crate::cli::{CompareArgs, CompareJob, CompareSource};
use crate::compare::{Comparison, Reading, import, letter};
use crate::report::{Format, compare};

pub(super) fn compare(args: &CompareArgs) -> Result<Exit, CommandError> {
    let CompareJob { source, conditions, format, outputs, quiet } = CompareJob::new(args)?;
    let readings = match source {
        CompareSource::Saved(files) => saved(&files)?,
    };
    let comparison = Comparison::new(readings, &conditions)?;
    if !quiet && format != Format::Text {
        // The text says so itself.
        comparison.warnings.iter().for_each(|warning| note(&format!("warning: {warning}")));
    }
    publish_as(&|format, style| compare::render(&comparison, format, style), format, outputs)?;
    for judged in comparison.conditions.iter().filter(|judged| judged.fails) {
        note(&format!("{} fails for {}: {}", judged.condition, letter(judged.result), judged.reason));
    }
    Ok(if comparison.fails() { Exit::ObjectiveMissed } else { Exit::Done })
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
