#!/usr/bin/env python3
"""How even is one schedule that several processes send?

    benches/shards.py                 1,000 and 4,000/s, one process beside four shards, 5 rounds; about 3 minutes
    SHARDS=8 RATES=500 benches/shards.py

The arrivals are stamped by the kernel at a target of this repository (benches/stamping_target/) on one core; all shards share
another. One process and the shards take turns. *lag* is how far behind an even schedule of the rate the arrivals were, *cv* the
coefficient of variation of their gaps. Environment: SHARDS (4), RATES, ROUNDS (5), SECONDS of each run (4). All traffic is on
loopback.
"""

import json
import os
import socket
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
PROGRAM = str(RELEASE / "rpsbench")
SHARDS = int(os.environ.get("SHARDS", "4"))
RATES = [int(rate) for rate in os.environ.get("RATES", "1000,4000").split(",")]
ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "5")), int(os.environ.get("SECONDS", "4"))
CORES = sorted(os.sched_getaffinity(0))
TARGET_CORE, CLIENT_CORE = CORES[0], CORES[-1]


def on(core):
    return lambda: os.sched_setaffinity(0, {core})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def arrivals(rate, shards):
    """The target's report of one run, and how far the clocks were off, in us."""
    target = subprocess.Popen([str(RELEASE / "examples" / "stamping-target"), "--rate", f"{rate}"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, preexec_fn=on(TARGET_CORE))
    try:
        url = f"http://{target.stdout.readline().removeprefix('listening ').strip()}/"
        command = [PROGRAM, url, "--rate", f"{rate}", "--duration", f"{SECONDS}s", "--warmup", "0", "--baseline", "0",
                   "--no-check", "--threads", "1", "--quiet", "--format", "json"]
        place = f"http://127.0.0.1:{free_port()}"
        started = [subprocess.Popen(
            command if shards == 1 else [*command, "--shard", f"{index}/{shards}", "--rendezvous", place],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=on(CLIENT_CORE))
            for index in range(shards)]
        result = json.loads([process.communicate(timeout=120)[0] for process in started][0])
        report = json.loads(target.communicate(timeout=10)[0])
    finally:
        target.kill()
    assert report["requests_total"] == result["ledger"]["sent"] == rate * SECONDS, (report, result["ledger"])
    parts = result.get("merged", {}).get("shards", [])
    return report, [part["clock_error_us"] for part in parts if part["index"] > 0]


def main():
    build = ["cargo", "build", "--release", "--quiet", "--bin", "rpsbench", "--example", "stamping-target"]
    subprocess.run(build, cwd=ROOT, check=True)
    print(f"{SHARDS} shards on one core; medians of {ROUNDS} rounds of {SECONDS} s\n")
    print("| rate | processes | cv | lag p50 us | lag p99 us | clocks wrong by at most us |\n|---|---|---|---|---|---|")
    for rate in RATES:
        rows = {1: [], SHARDS: []}
        errors = []
        for _ in range(ROUNDS):
            for shards, reports in rows.items():
                report, clock_errors = arrivals(rate, shards)
                reports.append((report["gap_cv"], report["lag"]["p50_us"], report["lag"]["p99_us"]))
                errors += clock_errors
        for shards, reports in rows.items():
            cv, p50, p99 = (statistics.median(column) for column in zip(*reports))
            clocks = f"{statistics.median(errors):.0f} (median), {max(errors):.0f} (largest)" if shards > 1 else ""
            print(f"| {rate:,}/s | {shards} | {cv:.3f} | {p50:.0f} | {p99:.0f} | {clocks} |", flush=True)


if __name__ == "__main__":
    main()
