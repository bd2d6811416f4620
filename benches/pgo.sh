#!/usr/bin/env bash
# A release build of rpsbench that is optimised by a profile of itself: built with counters, trained on the stamping target,
# built again. See docs/releasing.md.
#
#     rustup component add llvm-tools
#     benches/pgo.sh
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
# The profile's format belongs to the compiler's own LLVM: that of a distribution is commonly too old to read it.
profdata=$(rustc --print target-libdir)/../bin/llvm-profdata
[[ -x $profdata ]] || { echo "llvm-profdata is missing: rustup component add llvm-tools" >&2; exit 1; }
plain=${CARGO_TARGET_DIR:-$PWD/target}
work=$plain/pgo
rm -rf "$work/profiles"
mkdir -p "$work/profiles"

# With --target the flags are for the program alone, not for build scripts and macros.
build() { RUSTFLAGS=$1 CARGO_TARGET_DIR=$work/$2 cargo build --release --locked --bin rpsbench --target "$host"; }
cargo build --release --locked --example stamping-target
build "-Cprofile-generate=$work/profiles" counted

coproc target { exec "$plain/release/examples/stamping-target" --max-requests 1; }
read -r _ address <&"${target[0]}"
for load in "run --rate 10000 --max-in-flight 200" "closed --concurrency 64"; do
    # 3 says that the schedule was not held, which a program with counters may not.
    "$work/counted/$host/release/rpsbench" ${load%% *} "http://$address/" ${load#* } --duration 5s --quiet > /dev/null || [[ $? == 3 ]]
done
kill "$target_PID"

"$profdata" merge -o "$work/merged.profdata" "$work/profiles"
build "-Cprofile-use=$work/merged.profdata" used
echo "$work/used/$host/release/rpsbench"
