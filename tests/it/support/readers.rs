//! Readers of what the program writes that nobody here wrote, and that `tests/readers.sh` fetches.

use std::path::{Path, PathBuf};

/// One of their files.
#[track_caller]
pub fn path_of(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers").join(name);
    assert!(path.exists(), "{} is missing; `bash tests/readers.sh` fetches it", path.display());
    path
}
