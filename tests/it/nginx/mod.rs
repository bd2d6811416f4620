//! Against a real server: nginx, started by each test on a free port and stopped after it.
//!
//! These tests need nginx and are left out of a plain `cargo test`; `bash tests/run.sh` installs it and runs them.

mod plain;
mod tls;
mod wire;
