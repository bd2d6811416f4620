//! `rpsbench merge`: the results of shards, added up.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::console;
use super::error::CommandError;
use super::exit::Exit;
use super::publish::publish;
use super::report::content_of;
use crate::cli::{MergeArgs, MergeJob};
use crate::report::Format;
use crate::result::{PART_MARK, read_result};
use crate::shard::{Merge, MergeError, documents};

pub(super) fn merge(args: &MergeArgs) -> Result<Exit, CommandError> {
    let job = MergeJob::new(args)?;
    let mut merge = Merge::default();
    let mut damaged = None;
    for file in files_of(&job.files)? {
        // One at a time: a thousand results need no more memory than one.
        let bytes = content_of(&file)
            .map_err(|source| CommandError::System { what: "cannot read the result", source })?;
        let name = file.display().to_string();
        for (name, document) in documents_in(&name, bytes) {
            match document {
                Ok(document) => {
                    let read = read_result(&document);
                    let result = read.map_err(|source| CommandError::Read { file: name.clone(), source })?;
                    merge.add(&name, result)?;
                }
                // A log that lost a line cannot be had again: what came through of the others counts.
                Err(why) => {
                    console::tell(format_args!("warning: `{name}` is left out: {why}"));
                    merge.leave_out(format!("`{name}`: {why}"));
                    damaged.get_or_insert(MergeError::Damaged(name, why));
                }
            }
        }
    }
    let result = match (merge.finish(job.allows_missing), damaged) {
        // Nothing else was there.
        (Err(MergeError::Nothing), Some(damaged)) => Err(damaged),
        (merged, _) => merged,
    }?;
    publish(&result, &job.screen, job.outputs)?;
    Ok(Exit::of_merged(&result, &job.fail_on))
}

/// What a file holds: a document, or a log with lines of several, each with its name, or why it is of no use.
fn documents_in(name: &str, bytes: Vec<u8>) -> Vec<(String, Result<Vec<u8>, String>)> {
    let text = String::from_utf8_lossy(&bytes);
    if text.trim_start().starts_with('{') || !text.contains(PART_MARK) {
        return vec![(name.to_owned(), Ok(bytes))];
    }
    documents(&text).into_iter().map(|(whose, document)| (format!("{name}: {whose}"), document)).collect()
}

/// The files that are meant, those of folders in the order of their names.
fn files_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CommandError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut own = results_in(path).map_err(|error| CommandError::System {
            what: "cannot read the folder",
            source: io::Error::new(error.kind(), format!("`{}`: {error}", path.display())),
        })?;
        own.sort();
        files.extend(own);
    }
    Ok(files)
}

fn results_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let files = entries.filter(|path: &io::Result<PathBuf>| {
        path.as_ref()
            .map_or(true, |path| path.is_file() && Format::from_extension(path) == Some(Format::Json))
    });
    files.collect()
}
