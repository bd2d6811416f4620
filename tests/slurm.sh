#!/usr/bin/env bash
# Runs a command within a Slurm cluster of two nodes that lives on this machine for as long as the command takes.
#
#   bash tests/slurm.sh srun -n 4 hostname
#
# Needs Debian's slurmctld, slurmd, slurm-client and munge. Everything it writes is in a temporary folder, it listens on
# free ports of 127.0.0.1, and it ends only what it started.
set -euo pipefail
export PATH="$PATH:/usr/sbin"

folder=$(mktemp -d /tmp/rpsbench-slurm.XXXXXX)
me=$(id -un)
started=()
# Whatever runs with this configuration: the daemons, and the steps that they started.
ours() ( unset SLURM_CONF; grep -lsz "^SLURM_CONF=$folder/" /proc/[0-9]*/environ | cut -d/ -f3 || true )
cleanup() {
    # Steps first: one that cannot tell its controller that it is over waits for ever.
    for _ in $(seq 50); do [ -z "$(squeue --noheader 2>/dev/null)" ] && break; sleep 0.1; done
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do kill "${started[i]}" 2>/dev/null || true; sleep 0.2; done
    for _ in $(seq 30); do [ -z "$(ours)" ] && break; sleep 0.1; done
    local left
    left=$(ours)
    [ -z "$left" ] || kill -KILL $left 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

read -r controller node0 node1 < <(python3 - <<'PYTHON'
import socket
sockets = [socket.socket() for _ in range(3)]
for one in sockets:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))
PYTHON
)

dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
chmod 400 "$folder/munge.key"
mkdir -p "$folder/state" "$folder/spool"
cat > "$folder/slurm.conf" <<CONF
ClusterName=rpsbench
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$controller
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
KillWait=10
NodeName=n0 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$node0 CPUs=2 State=UNKNOWN
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$node1 CPUs=2 State=UNKNOWN
PartitionName=test Nodes=n0,n1 Default=YES State=UP
CONF
export SLURM_CONF="$folder/slurm.conf"

munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munge.pid" --log-file="$folder/munge.log" --seed-file="$folder/munge.seed" 2>/dev/null &
started+=($!)
for _ in $(seq 100); do [ -S "$folder/munge.socket" ] && break; sleep 0.05; done
slurmctld -D >/dev/null 2>&1 &
started+=($!)
for node in n0 n1; do
    slurmd -D -N "$node" >/dev/null 2>&1 &
    started+=($!)
done
idle() { [ "$(sinfo --noheader --Node --format=%t 2>/dev/null | grep -c '^idle$')" -eq 2 ]; }
for _ in $(seq 300); do idle && break; sleep 0.1; done
idle || { echo "error: the nodes did not come up:" >&2; tail -n 20 "$folder"/*.log >&2; exit 1; }

"$@"
