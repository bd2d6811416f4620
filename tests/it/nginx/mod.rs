//! Against real servers: nginx and haproxy, started by each test on a free port and stopped after it.
//!
//! These tests need them and are left out of a plain `cargo test`; `bash tests/run.sh` installs them and runs these.

mod plain;
mod results;
mod tls;
mod wire;
