#!/usr/bin/env bash
# Fetches the readers that check what rpsbench writes and that no Debian package has: programs and a schema that nobody here
# wrote. They come from the registries npm and PyPI, each in one version with its checksum, and are never committed.
#
#   bash tests/readers.sh         into target/readers, where the tests look for them
#
# Needs npm, pip3 and Python 3.11. What is there already is not fetched again.
set -euo pipefail
cd "$(dirname "$0")/.."

readers="$PWD/target/readers"
mkdir -p "$readers"
work=$(mktemp -d "$readers/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

check() { # file, SHA-256
    echo "$2  $1" | sha256sum --check --quiet --strict - || { echo "error: $(basename "$1") is not what it was: the checksum differs" >&2; exit 1; }
}

of_npm() { # package, version, SHA-256
    local place="$readers/node_modules/$1"
    [ "$(cat "$place/.version" 2>/dev/null)" = "$2" ] && return
    echo "== fetching $1 $2 (npm)"
    (cd "$work" && npm pack --silent "$1@$2" >/dev/null)
    check "$work/$1-$2.tgz" "$3"
    rm -rf "$place"
    mkdir -p "$place"
    tar -xzf "$work/$1-$2.tgz" -C "$place" --strip-components=1
    echo "$2" > "$place/.version"
}

# Looks for barriers in a page.
of_npm axe-core 4.10.3 0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292
# Reads the histograms of a result and writes HdrHistogram's percentile text; pako inflates them.
of_npm hdr-histogram-js 3.0.1 8338dccddfb1b154222c8588991d5bafa0c660ca74eea39a6e11b4af626ed46c
of_npm pako 1.0.11 0d4028dc0352a740c30cbfd772917f2744986d42bfa0b06ec7642bffe7ad3941

# The schema that Jenkins' xunit plugin reads JUnit's XML by (junit-10.xsd, MIT). pytest's source has a copy of it: it holds
# its own reports against it.
if [ ! -f "$readers/junit-10.xsd" ]; then
    echo "== fetching the JUnit schema (PyPI, in the source of pytest 8.3.4)"
    pip3 download --quiet --no-deps --no-binary pytest --dest "$work" pytest==8.3.4
    check "$work/pytest-8.3.4.tar.gz" 965370d062bce11e73868e0335abac31b4d3de0e82f4007408d242b4f8610761
    tar -xzf "$work/pytest-8.3.4.tar.gz" -C "$work" pytest-8.3.4/testing/example_scripts/junit-10.xsd
    mv "$work/pytest-8.3.4/testing/example_scripts/junit-10.xsd" "$readers/"
fi

# Grafana's own types of a dashboard (Foundation SDK, Apache 2.0), which read ours. A Grafana itself is not to be had there.
if [ ! -d "$readers/python/grafana_foundation_sdk" ]; then
    echo "== fetching Grafana's Foundation SDK 10.1.0 (PyPI)"
    pip3 download --quiet --no-deps --dest "$work" 'grafana-foundation-sdk==1769699998!10.1.0'
    check "$work/grafana_foundation_sdk-1769699998!10.1.0-py3-none-any.whl" d131ffe49057fb669ba31ce7e28a303c96b3aecf4332b20de33cfa55110d498c
    python3 -m zipfile -e "$work/grafana_foundation_sdk-1769699998!10.1.0-py3-none-any.whl" "$work/python"
    rm -rf "$readers/python"
    mv "$work/python" "$readers/python"
fi
