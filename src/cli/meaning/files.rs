//! Files that the arguments name, opened and read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::UsageError;

/// Largest accepted file: what is sent is held in memory, so this guards against a wrong file.
const MAX_BYTES: u64 = 1 << 30;

/// Opens a file; `-` is stdin. `what` names its purpose in the error.
pub(super) fn open_file(what: &'static str, path: &Path) -> Result<Box<dyn Read>, UsageError> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|cause| unreadable(what, path, &cause))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(UsageError::File { what, path: path.to_owned(), cause: "it is a directory".to_owned() });
    }
    Ok(Box::new(file))
}

/// Reads a file to its end.
pub(super) fn read_file(what: &'static str, path: &Path) -> Result<Vec<u8>, UsageError> {
    let mut bytes = Vec::new();
    let size = open_file(what, path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    size.map_err(|cause| unreadable(what, path, &cause))?;
    if bytes.len() as u64 > MAX_BYTES {
        let cause = format!("it is larger than {} MiB", MAX_BYTES >> 20);
        return Err(UsageError::File { what, path: path.to_owned(), cause });
    }
    Ok(bytes)
}

/// Reads a regular file, or the first so many bytes of it.
pub(super) fn read_at_most(path: &str, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(what: &'static str, path: &Path, cause: &io::Error) -> UsageError {
    UsageError::File { what, path: path.to_owned(), cause: cause.to_string() }
}
