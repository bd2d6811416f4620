#!/usr/bin/env bash
# Everything that must hold: format, lints, tests (those against real servers too), documentation.
# Installs what the tests need where it is missing, and says what. This is what CI runs.
set -euo pipefail
cd "$(dirname "$0")/.."

need() { # command, Debian package
    command -v "$1" >/dev/null 2>&1 && return
    local sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    echo "== installing $2 (for $1)"
    $sudo apt-get install -y -qq "$2" >/dev/null 2>&1 || { $sudo apt-get update -qq && $sudo apt-get install -y -qq "$2" >/dev/null; }
    command -v "$1" >/dev/null 2>&1 || { echo "error: $2 is installed, but $1 is not found" >&2; exit 1; }
}

# Debian keeps nginx out of an ordinary user's path.
export PATH="$PATH:/usr/sbin"
command -v cargo >/dev/null 2>&1 || { echo "error: cargo is missing; install Rust from https://rustup.rs" >&2; exit 1; }
need cc gcc
need nginx nginx-light

echo "== format"
cargo fmt --check
echo "== lints"
cargo clippy --locked --all-targets -- --deny warnings
echo "== tests"
# Those that are ignored otherwise need nginx. What is skipped prints the tables of docs/ and checks nothing: it takes hours.
cargo test --locked --all-targets -- --include-ignored --skip table_of
cargo test --locked --doc
echo "== documentation"
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --no-deps
echo "== all is well"
