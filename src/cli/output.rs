//! Result files: checked before the run, written whole or not at all.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::report::Format;

/// A file that will receive a result.
///
/// The content goes to a temporary file in the same folder, made before the run so that a missing or read-only folder
/// is found then, and takes the file's name only when it is complete: an earlier result is never half overwritten.
#[derive(Debug)]
pub(crate) struct OutputFile {
    path: PathBuf,
    format: Format,
    staged: NamedTempFile,
}

/// Why a result cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// The extension names no format.
    #[error("the output file `{0}` needs an extension that names its format: {formats}", formats = Format::extensions())]
    Extension(PathBuf),
    #[error("the output `{0}` is a folder; name a file in it, such as result.json")]
    IsFolder(PathBuf),
    /// Two outputs, of which the second would take the place of the first.
    #[error("the output file `{0}` is named twice; leave one out")]
    Twice(PathBuf),
    #[error(
        "cannot write the output file `{path}`: there is no folder `{folder}`; create it first, or name another"
    )]
    NoFolder {
        /// The file.
        path: PathBuf,
        folder: PathBuf,
    },
    /// The folder cannot be written to.
    #[error("cannot write the output file `{path}`: {source}; check that its folder may be written to")]
    Folder {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Writing failed, as on a full disk.
    #[error("could not write the output file `{path}`: {source}; nothing was written there")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl OutputFile {
    /// Checks that a result can be written to `path`.
    ///
    /// # Errors
    /// [`OutputError`] naming the file and the remedy.
    pub(crate) fn prepare(path: &Path) -> Result<Self, OutputError> {
        let format = Format::from_extension(path).ok_or_else(|| OutputError::Extension(path.to_owned()))?;
        if path.is_dir() {
            return Err(OutputError::IsFolder(path.to_owned()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(OutputError::NoFolder { path: path.to_owned(), folder: folder.to_owned() });
        }
        // The kind alone: the whole error names the temporary file, which nobody asked for.
        let staged = stage(folder)
            .map_err(|error| OutputError::Folder { path: path.to_owned(), source: error.kind().into() })?;
        Ok(Self { path: path.to_owned(), format, staged })
    }

    /// Checks all outputs of a command.
    ///
    /// # Errors
    /// [`OutputError`] of the first that cannot be written.
    pub(crate) fn prepare_all(paths: &[PathBuf]) -> Result<Vec<Self>, OutputError> {
        let files: Vec<Self> = paths.iter().map(|path| Self::prepare(path)).collect::<Result<_, _>>()?;
        // However a folder is written, a file in it is one file.
        let place = |file: &Self| {
            let folder = file.staged.path().parent().and_then(|folder| folder.canonicalize().ok());
            (folder, file.path.file_name().map(ToOwned::to_owned))
        };
        let mut places = HashSet::new();
        match files.iter().find(|file| !places.insert(place(file))) {
            Some(twice) => Err(OutputError::Twice(twice.path.clone())),
            None => Ok(files),
        }
    }

    /// Where the result will be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The format that the extension names.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Writes the content and gives the file its name.
    ///
    /// # Errors
    /// [`OutputError::Write`]; what was there before is still there.
    pub(crate) fn write(mut self, content: &[u8]) -> Result<(), OutputError> {
        let fail = |source: io::Error| OutputError::Write { path: self.path.clone(), source };
        // To the file itself: errors of what is wrapped around it name the temporary file.
        let file = self.staged.as_file_mut();
        file.write_all(content).and_then(|()| file.sync_all()).map_err(fail)?;
        match self.staged.persist(&self.path) {
            Ok(_) => Ok(()),
            Err(error) => Err(OutputError::Write { path: self.path, source: error.error }),
        }
    }
}

/// A temporary file with the permissions that any new file would have.
fn stage(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rpsbench-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_appears_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        fs::write(&path, "old").unwrap();
        let output = OutputFile::prepare(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        output.write(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        drop(OutputFile::prepare(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn what_cannot_be_written_is_known_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let prepare = |name: &str| OutputFile::prepare(&folder.path().join(name)).unwrap_err();
        assert!(matches!(prepare("result"), OutputError::Extension(_)));
        assert!(matches!(prepare("result.pdf"), OutputError::Extension(_)));
        assert!(matches!(prepare("missing/result.json"), OutputError::NoFolder { .. }));
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(matches!(prepare("file/result.json"), OutputError::NoFolder { .. }));
        fs::create_dir(folder.path().join("folder.json")).unwrap();
        assert!(matches!(prepare("folder.json"), OutputError::IsFolder(_)));
    }

    #[test]
    fn no_output_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let all = |names: [&str; 2]| OutputFile::prepare_all(&names.map(|name| folder.path().join(name)));
        assert_eq!(all(["a.json", "a.csv"]).unwrap().len(), 2);
        assert!(matches!(all(["a.json", "./a.json"]), Err(OutputError::Twice(_))));
    }

    /// Not even root may write to this folder.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_error_names_the_file_that_was_asked_for_and_no_other() {
        let error = OutputFile::prepare(Path::new("/proc/result.json")).unwrap_err();
        assert!(matches!(error, OutputError::Folder { .. }));
        let text = error.to_string();
        assert!(text.contains("`/proc/result.json`") && !text.contains(".tmp"), "{text}");
    }
}
