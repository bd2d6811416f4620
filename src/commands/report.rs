//! `rpsbench report`: a saved result, printed again.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::CommandError;
use super::exit::Exit;
use super::publish::publish;
use crate::cli::{ReportArgs, ReportJob};
use crate::result::Document;

/// Largest accepted result: ours are below 1 MiB; this guards memory against a wrong file.
const MAX_RESULT_BYTES: u64 = 256 << 20;

pub(super) fn report(args: &ReportArgs) -> Result<Exit, CommandError> {
    let job = ReportJob::new(args)?;
    let bytes = content_of(&job.file)
        .map_err(|source| CommandError::System { what: "cannot read the result", source })?;
    let name = job.file.display().to_string();
    let document = Document::read(&bytes).map_err(|source| CommandError::Read { file: name, source })?;
    publish(&document, &job.screen, job.outputs)?;
    Ok(Exit::Done)
}

/// The whole content of a file; `-` is stdin.
pub(super) fn content_of(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("`{}`: {error}; check the path", file.display()))
    };
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(named)?)
    };
    source.take(MAX_RESULT_BYTES + 1).read_to_end(&mut bytes).map_err(named)?;
    if bytes.len() as u64 > MAX_RESULT_BYTES {
        return Err(named(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is larger than 256 MiB, which no result is",
        )));
    }
    Ok(bytes)
}
