//! What `compare` is to do.

use std::path::{Path, PathBuf};

use super::super::args::CompareArgs;
use super::super::output::OutputFile;
use super::{UsageError, format_of};
use crate::compare::Condition;
use crate::report::Format;

/// Results to be compared.
#[derive(Debug)]
pub struct CompareJob {
    /// Where they come from.
    pub source: CompareSource,
    /// By how much the others may differ from the first.
    pub conditions: Vec<Condition>,
    /// What stdout receives.
    pub format: Format,
    /// Files that receive the comparison too.
    pub outputs: Vec<OutputFile>,
    /// No warnings on stderr.
    pub quiet: bool,
}

/// Where results to be compared come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompareSource {
    /// Saved results; `-` is stdin.
    Saved(Vec<PathBuf>),
    // The live form (a URL, or nothing, with -c) is another source: it belongs here, and in `source_of` below.
}

impl CompareJob {
    /// Checks the arguments of `compare`.
    ///
    /// # Errors
    /// [`UsageError`] when there is nothing to compare, or an output cannot be written.
    pub fn new(args: &CompareArgs) -> Result<Self, UsageError> {
        let source = source_of(&args.files)?;
        let outputs = args.output.iter().map(|path| OutputFile::prepare(path)).collect::<Result<_, _>>()?;
        Ok(Self {
            source,
            conditions: args.fail_if.clone(),
            format: format_of(args.format),
            outputs,
            quiet: args.quiet,
        })
    }
}

fn source_of(files: &[PathBuf]) -> Result<CompareSource, UsageError> {
    if files.iter().filter(|file| file.as_path() == Path::new("-")).count() > 1 {
        return Err(UsageError::StdinTwice);
    }
    if files.is_empty() {
        Err(UsageError::NothingToCompare)
    } else {
        Ok(CompareSource::Saved(files.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_a_saved_source() {
        let files = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(source_of(&files(&["a", "-"])).unwrap(), CompareSource::Saved(files(&["a", "-"])));
        assert!(matches!(source_of(&files(&["-", "a", "-"])), Err(UsageError::StdinTwice)));
        assert!(matches!(source_of(&[]), Err(UsageError::NothingToCompare)));
    }
}
