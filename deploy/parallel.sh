#!/bin/sh
# One load from several processes of this machine: deploy/parallel.sh 4 http://127.0.0.1:8080/ --rate 4000 --duration 60s
# Each has its own connections and threads; more of them than cores wins nothing.
set -eu
[ "$#" -ge 2 ] || { echo "usage: $0 SHARDS URL FLAGS..." >&2; exit 2; }
shards=$1
shift
seq "$shards" | parallel --jobs "$shards" -N0 --quote \
    rpsbench "$@" --shard "auto/$shards" --rendezvous "http://127.0.0.1:${PORT:-27183}"
