#!/bin/sh
# One load from the machines of a host file: deploy/mpi.sh HOSTFILE http://SERVICE/ --rate 4000 --duration 60s
# Rank 0 runs on the first of them.
set -eu
[ "$#" -ge 2 ] || { echo "usage: $0 HOSTFILE URL FLAGS..." >&2; exit 2; }
hosts=$1
shift
first=$(awk 'NF { print $1; exit }' "$hosts")
RPSBENCH_RENDEZVOUS_TOKEN=$(head -c 24 /dev/urandom | base64 | tr -d '/+=')
export RPSBENCH_RENDEZVOUS_TOKEN
exec mpirun --hostfile "$hosts" --map-by node -x RPSBENCH_RENDEZVOUS_TOKEN \
    rpsbench "$@" --shard auto --rendezvous "http://$first:${PORT:-27183}"
