#!/usr/bin/env bash
# Everything that must hold: format, lints, tests (those against real servers too), documentation.
# Installs what the tests need where it is missing, and says what. This is what CI runs.
#
#   bash tests/run.sh         all of it
#   bash tests/run.sh quick   format, lints and unit tests: no server, nothing to install
set -euo pipefail
cd "$(dirname "$0")/.."

case "$#:${1-}" in
    0:) quick="" ;;
    1:quick) quick="yes" ;;
    *) echo "error: usage: bash tests/run.sh [quick]" >&2; exit 2 ;;
esac

# A snapshot or a generated file that differs is a failure here. CONTRIBUTING.md says how to write it anew.
export INSTA_UPDATE=no
unset UPDATE

need() { # command, Debian package
    command -v "$1" >/dev/null 2>&1 && return
    local sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    echo "== installing $2 (for $1)"
    $sudo apt-get install -y -qq "$2" >/dev/null 2>&1 || { $sudo apt-get update -qq && $sudo apt-get install -y -qq "$2" >/dev/null; }
    command -v "$1" >/dev/null 2>&1 || { echo "error: $2 is installed, but $1 is not found" >&2; exit 1; }
}

command -v cargo >/dev/null 2>&1 || { echo "error: cargo is missing; install Rust from https://rustup.rs" >&2; exit 1; }
if [ -z "$quick" ]; then
    # Debian keeps nginx out of an ordinary user's path.
    export PATH="$PATH:/usr/sbin"
    need cc gcc
    need nginx nginx-light
    need haproxy haproxy
    need tinyproxy tinyproxy-bin
    need microsocks microsocks
    # Metrics are asked for by a real Prometheus, and read by its checker.
    need prometheus prometheus
    need promtool prometheus
    # The page of a report is opened in a real browser.
    need chromium chromium
    need chromedriver chromium-driver
    # Request bodies that are sent compressed are read by the tool itself.
    need zstd zstd
    # The completions and the man pages are tried out.
    need zsh zsh
    need fish fish
    need groff groff
    # The shards of a run are started by real engines.
    need parallel parallel
    need mpirun openmpi-bin
    need munged munge
    need slurmctld slurmctld
    need slurmd slurmd
    need srun slurm-client
fi

echo "== format"
cargo fmt --check
echo "== lints"
cargo clippy --locked --all-targets -- --deny warnings
if [ -n "$quick" ]; then
    echo "== unit tests"
    # What is skipped takes ten seconds each, unoptimised; the full script runs it.
    cargo test --locked --lib -- --skip a_true_shift_of_a_fifth_is_found --skip a_rank_is_the_sorted_value \
        --skip two_halves_of_one_run_differ
    echo "== all is well, as far as the quick part goes"
    exit
fi
echo "== tests"
# Those that are ignored otherwise need nginx, haproxy, tinyproxy, microsocks, Prometheus, Chromium, zstd, zsh, fish, groff, GNU parallel, Open MPI or Slurm. What is skipped prints the tables of docs/ and checks nothing: it takes hours.
cargo test --locked --all-targets -- --include-ignored --skip ::table_of
cargo test --locked --doc
echo "== documentation"
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --no-deps --document-private-items
echo "== all is well"
