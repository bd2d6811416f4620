#!/usr/bin/env python3
"""rpsbench beside its peers: evenness, cost, what happens above the ceiling, whose time it measures, memory.

    benches/peers.py                        about 20 minutes
    ROUNDS=1 DURATION=3 RATES=1000 PARTS=rates benches/peers.py

The stamping target (benches/stamping_target) runs on one core and the client on another. Rounds are interleaved,
tool by tool, so that a noisy minute hits all of them; the tables hold medians over the rounds. CPU is the
client's user and system time, start-up included, for each request that the target saw. "lag" is how far behind
an even schedule the requests reached the target, "cv" the coefficient of variation of their gaps (0 is even).
The first second of every run is left out: connections and warm-up. All traffic is on 127.0.0.1.

Environment: ROUNDS (3), DURATION in seconds (5), RATES (1000,10000,30000), CEILING (60000,100000,120000,150000),
RPSBENCH (a binary; by default the release build, which is brought up to date), and PARTS, any of

    rates    evenness and CPU at RATES, beside every peer
    waking   CPU before a target that never sleeps
    flat     closed loop, as fast as it can
    ceiling  more than one core can send, with several caps, against the closed loop of the same round
    own      what the client adds to the service's own time
    threads  one thread and two: as even?
    memory   5 minutes at 1,000/s (only when named)
"""

import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
ROUNDS = int(os.environ.get("ROUNDS", "3"))
DURATION = int(os.environ.get("DURATION", "5"))
RATES = [int(rate) for rate in os.environ.get("RATES", "1000,10000,30000").split(",")]
CONNECTIONS = 200
FLAT_OUT_CONNECTIONS = 64
CEILING = [int(rate) for rate in os.environ.get("CEILING", "60000,100000,120000,150000").split(",")]
# Caps above the ceiling; None is the default.
CAPS = [64, 200, None]
OWN_RATES = [500, 5_000, 20_000]
THREADS_RATE = 10_000
PARTS = os.environ.get("PARTS", "rates,waking,flat,ceiling,own,threads").split(",")
WARMUP_S = 1
CORES = sorted(os.sched_getaffinity(0))
TARGET_CORE, CLIENT_CORE = CORES[0], CORES[-1]
# What rpsbench exits with although the run was carried out: done, and the schedule was not held.
CARRIED_OUT = (0, 3)


def per_connection(rate):
    """h2load and hey limit each connection by itself."""
    return f"{rate / CONNECTIONS:g}"


# Open-loop command lines by (url, rate, seconds).
PEERS = {
    "oha": lambda url, rate, s: ["oha", "-q", f"{rate}", "-c", f"{CONNECTIONS}", "-z", f"{s}s", "--worker-threads", "1",
                                 "--latency-correction", "--no-tui", "--output-format", "quiet", url],
    "zrk": lambda url, rate, s: ["zrk", "-t1", f"-c{CONNECTIONS}", f"-d{s}s", f"-R{rate}", "--plain", "--format", "json",
                                 url],
    "wrk2": lambda url, rate, s: ["wrk2", "-t1", f"-c{CONNECTIONS}", f"-R{rate}", f"-d{s}s", url],
    "h2load": lambda url, rate, s: ["h2load", "--h1", "-t1", f"-c{CONNECTIONS}", f"--rps={per_connection(rate)}",
                                    f"-D{s}", url],
    "hey": lambda url, rate, s: ["hey", "-cpus", "1", "-c", f"{CONNECTIONS}", "-q", per_connection(rate), "-z", f"{s}s",
                                 url],
}
# Closed-loop command lines by (url, seconds).
FLAT_OUT = {
    "rpsbench": lambda url, s: ["rpsbench", "closed", url, "-c", f"{FLAT_OUT_CONNECTIONS}", "--duration", f"{s}s",
                                "--warmup", "0s", "--quiet", "--format", "csv"],
    "wrk": lambda url, s: ["wrk", "-t1", f"-c{FLAT_OUT_CONNECTIONS}", f"-d{s}s", url],
    "h2load": lambda url, s: ["h2load", "--h1", "-t1", f"-c{FLAT_OUT_CONNECTIONS}", f"-D{s}", url],
    "oha": lambda url, s: ["oha", "-c", f"{FLAT_OUT_CONNECTIONS}", "-z", f"{s}s", "--worker-threads", "1", "--no-tui",
                           "--output-format", "quiet", url],
}
INSTALL = {
    "wrk": "Debian package wrk",
    "wrk2": "not packaged: build github.com/giltene/wrk2 and name the binary wrk2",
    "h2load": "Debian package nghttp2-client",
    "hey": "Debian package hey",
    "oha": "cargo install oha",
    "zrk": "not packaged: build github.com/zoxy-io/zrk (Zig)",
}


# What the tables of the peers give rpsbench: as many connections as they have, and no request left out.
LIKE_PEERS = ["--max-in-flight", f"{CONNECTIONS}", "--overflow", "queue"]


def rpsbench_command(binary, url, rate, seconds, out, flags=LIKE_PEERS):
    return [str(binary), url, "--rate", f"{rate}", "--duration", f"{seconds}s", "--warmup", f"{WARMUP_S}s", *flags,
            "--quiet", "--format", "json", "-o", str(out)]


@contextlib.contextmanager
def on_cores(cores):
    """Processes started inside run on these cores; they inherit them from the thread that starts them."""
    os.sched_setaffinity(0, set(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)


class Target:
    """The stamping target as a context; its report is there after the context has ended."""

    def __init__(self, *args):
        command = [RELEASE / "examples" / "stamping-target", *map(str, args)]
        with on_cores([TARGET_CORE]):
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.report = None

    def __enter__(self):
        address = self.process.stdout.readline().removeprefix("listening ").strip()
        if not address:
            sys.exit("the stamping target did not start")
        self.url = f"http://{address}/"
        return self

    def __exit__(self, *_):
        try:
            out, _ = self.process.communicate(timeout=10)  # Closes stdin, which asks for the report.
            self.report = json.loads(out)
        finally:
            self.process.kill()


def run_client(command, limit_s, cores=(CLIENT_CORE,)):
    """Runs a client to its end on its core: (exit code, CPU seconds)."""
    with on_cores(cores):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE if command[0].endswith("rpsbench") else subprocess.DEVNULL)
    guard = threading.Timer(limit_s, process.kill)
    guard.start()
    complaint = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
    _, status, usage = os.wait4(process.pid, 0)  # Unlike wait(), this tells the time of this process alone.
    guard.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in CARRIED_OUT and complaint:
        print(f"{Path(command[0]).name}: {complaint}", file=sys.stderr)
    return process.returncode, usage.ru_utime + usage.ru_stime


def measure(tool, rate, binary, *target_args, flags=LIKE_PEERS, cores=(CLIENT_CORE,)):
    """One open-loop run: the row of figures, or None when the tool failed."""
    seconds = DURATION + WARMUP_S
    # Peers start at full rate; the ramp of rpsbench has a known number of requests.
    skip = ["--skip-requests", rate * WARMUP_S // 2] if tool == "rpsbench" else ["--skip-s", WARMUP_S]
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out.json"
        with Target("--rate", rate, "--max-requests", 2 * rate * seconds, *skip, *target_args) as target:
            command = rpsbench_command(binary, target.url, rate, DURATION, out, flags) if tool == "rpsbench" else \
                PEERS[tool](target.url, rate, seconds)
            started = time.monotonic()
            code, cpu_s = run_client(command, 3 * seconds + 30, cores)
            took_s = time.monotonic() - started
        result = json.loads(out.read_text()) if out.exists() else None
    report = target.report
    if code not in CARRIED_OUT or not report["requests_measured"] or (tool == "rpsbench" and result is None):
        print(f"{tool} at {rate}/s: no result, exit code {code}", file=sys.stderr)
        return None
    if report["stamp_source"] != "kernel":
        print(f"{tool} at {rate}/s: stamps are {report['stamp_source']}, so lag holds the target's own", file=sys.stderr)
    row = {
        "delivered": report["requests_measured"],
        "per_s": report["requests_measured"] / report["duration_s"],
        "over_s": took_s - seconds,
        "cpu_us": cpu_s / report["requests_total"] * 1e6,
        "lag_p50_us": report["lag"]["p50_us"],
        "lag_p99_us": report["lag"]["p99_us"],
        "cv": report["gap_cv"],
    }
    if result:
        row["send_lag_p99_us"] = (result["latency"]["send_lag"]["p99_ms"] or 0.0) * 1e3
        row["sent"] = result["ledger"]["sent"] / result["ledger"]["planned"]
        for name in ("p50", "p99"):
            own_us = report["service"][f"{name}_us"]
            row[f"own_{name}_us"] = own_us
            row[f"added_{name}_us"] = (result["latency"]["service"][f"{name}_ms"] or 0.0) * 1e3 - own_us
    return row


def medians(rows):
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def rounds(tools, run):
    """Interleaved rounds: tool -> rows. A tool that fails is left out of the following rounds."""
    rows = {tool: [] for tool in tools}
    failed = set()
    for number in range(ROUNDS):
        # Another order each time, so that no tool always follows the same one.
        shift = number % max(len(tools), 1)
        for tool in tools[shift:] + tools[:shift]:
            row = None if tool in failed else run(tool)
            if row is None:
                failed.add(tool)
            else:
                rows[tool].append(row)
    return {tool: found for tool, found in rows.items() if found}


def rate_table(rate, tools, binary):
    rows = {tool: medians(found) for tool, found in rounds(tools, lambda tool: measure(tool, rate, binary)).items()}
    print(f"\n### {rate:,}/s, {CONNECTIONS} connections\n")
    print("| tool | delivered / planned | CPU us/request | lag p50 us | lag p99 us | gap cv |")
    print("|---|---|---|---|---|---|")
    for tool, row in rows.items():
        print(f"| {tool} | {row['delivered']:,.0f} / {rate * DURATION:,} | {row['cpu_us']:.1f} | {row['lag_p50_us']:,.0f} "
              f"| {row['lag_p99_us']:,.0f} | {row['cv']:.2f} |")
    ours = rows.pop("rpsbench", None)
    if ours and "oha" in rows:
        print(f"\nCPU, rpsbench / oha: {ours['cpu_us'] / rows['oha']['cpu_us']:.2f}")
    if ours and rows:
        best = min(rows, key=lambda tool: rows[tool]["lag_p99_us"])
        factor = rows[best]["lag_p99_us"] / max(ours["lag_p99_us"], 0.1)
        print(f"\nlag p99, best peer ({best}) / rpsbench: {factor:.1f}")
    sys.stdout.flush()


def waking_table(binary):
    """CPU again, before a target that never sleeps: what is left out is the cost of waking its core.

    An even load finds an idle target asleep at every request, and on one machine the sender pays for waking it, an
    interrupt to another core; a burst pays once. Over a network the sender would not pay at all.
    """
    tools = [tool for tool in ("rpsbench", "oha") if tool == "rpsbench" and binary or shutil.which(tool)]
    print("\n### CPU us/request before a target that polls instead of sleeping\n")
    print("| rate | " + " | ".join(tools) + " | rpsbench / oha |\n|---|" + "---|" * (len(tools) + 1))
    for rate in RATES:
        found = rounds(tools, lambda tool: measure(tool, rate, binary, "--busy-poll"))
        cpu = {tool: medians(rows)["cpu_us"] for tool, rows in found.items()}
        ratio = f"{cpu['rpsbench'] / cpu['oha']:.2f}" if len(cpu) == 2 else "-"
        print(f"| {rate:,}/s | " + " | ".join(f"{cpu[tool]:.1f}" if tool in cpu else "-" for tool in tools) + f" | {ratio} |")
    sys.stdout.flush()


def flat_out(tool, binary):
    with Target("--max-requests", 400_000 * (DURATION + 1)) as target:
        command = FLAT_OUT[tool](target.url, DURATION)
        if tool == "rpsbench":
            command[0] = str(binary)
        code, cpu_s = run_client(command, 3 * DURATION + 30)
    report = target.report
    if code != 0 or not report["duration_s"]:
        return None
    return {"per_s": report["requests_total"] / report["duration_s"], "cpu_us": cpu_s / report["requests_total"] * 1e6}


def capacity(binary):
    tools = [tool for tool in FLAT_OUT if tool == "rpsbench" and binary or shutil.which(tool)]
    print(f"\n### Flat out, closed loop, {FLAT_OUT_CONNECTIONS} connections, one core\n")
    print("| tool | requests/s | CPU us/request |\n|---|---|---|")
    rows = {tool: medians(found) for tool, found in rounds(tools, lambda tool: flat_out(tool, binary)).items()}
    for tool, row in rows.items():
        print(f"| {tool} | {row['per_s']:,.0f} | {row['cpu_us']:.1f} |")
    if "rpsbench" in rows and "wrk" in rows:
        print(f"\nthroughput, rpsbench / wrk: {rows['rpsbench']['per_s'] / rows['wrk']['per_s']:.2f}")
    sys.stdout.flush()


def ceiling_table(binary):
    """More than one core can send. Each round begins with a closed loop, which is what the core can do at best."""
    of_caps = {f"rpsbench, cap {cap or 'default'}": ["--max-in-flight", f"{cap}"] if cap else [] for cap in CAPS}
    peers = [tool for tool in ("zrk", "oha") if shutil.which(tool)]

    def run(tool, rate):
        if tool == "closed":
            return flat_out("rpsbench", binary)
        if tool in of_caps:
            return measure("rpsbench", rate, binary, flags=of_caps[tool])
        return measure(tool, rate, binary)

    for rate in CEILING:
        rows = rounds(["closed", *of_caps, *peers], lambda tool: run(tool, rate))
        closed = rows.pop("closed", None)
        closed_per_s = medians(closed)["per_s"] if closed else None
        print(f"\n### {rate:,}/s asked of one core; its closed loop of {FLAT_OUT_CONNECTIONS} users makes "
              f"{closed_per_s or 0:,.0f}/s\n")
        print("| tool | of the planned requests | requests/s | / closed loop | CPU us/request | lag p99 us | longer by s |")
        print("|---|---|---|---|---|---|---|")
        for tool, found in rows.items():
            row = medians(found)
            share = row["sent"] if "sent" in row else min(row["delivered"] / (rate * DURATION), 1.0)
            ratio = f"{row['per_s'] / closed_per_s:.2f}" if closed_per_s else "-"
            print(f"| {tool} | {share:.4f} | {row['per_s']:,.0f} | {ratio} | {row['cpu_us']:.1f} | {row['lag_p99_us']:,.0f} "
                  f"| {row['over_s']:.2f} |")
        sys.stdout.flush()


def own_table(binary):
    """The service as rpsbench reports it against the target's own account: kernel's receive stamp to the answer's write."""
    print("\n### What the client adds to the service's own time\n")
    print("| rate | the target's own p50, p99 us | rpsbench adds p50, p99 us |\n|---|---|---|")
    for rate in OWN_RATES:
        rows = rounds(["rpsbench"], lambda tool: measure(tool, rate, binary)).get("rpsbench")
        if rows:
            row = medians(rows)
            print(f"| {rate:,}/s | {row['own_p50_us']:.1f}, {row['own_p99_us']:.1f} "
                  f"| {row['added_p50_us']:.1f}, {row['added_p99_us']:.1f} |")
    sys.stdout.flush()


def threads_table(binary):
    """Stripes on two threads make one even schedule, where there are cores for them: here they share with the target."""
    kinds = {"1 thread": ["--threads", "1"], "2 threads": ["--threads", "2"]}
    rows = rounds(list(kinds), lambda kind: measure("rpsbench", THREADS_RATE, binary, flags=LIKE_PEERS + kinds[kind],
                                                    cores=CORES))
    print(f"\n### {THREADS_RATE:,}/s on all {len(CORES)} cores, target included\n")
    print("| | CPU us/request | lag p50 us | lag p99 us | gap cv |\n|---|---|---|---|---|")
    for kind, found in rows.items():
        row = medians(found)
        print(f"| {kind} | {row['cpu_us']:.1f} | {row['lag_p50_us']:,.0f} | {row['lag_p99_us']:,.0f} | {row['cv']:.2f} |")
    sys.stdout.flush()


def peak_rss_mib(pid):
    """From the process itself: the rusage of a child begins with the memory of its parent."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def memory(binary):
    seconds = 300
    with tempfile.TemporaryDirectory() as directory, Target("--max-requests", 1) as target:
        command = rpsbench_command(binary, target.url, 1000, seconds + 5, Path(directory) / "out.json")
        with on_cores([CLIENT_CORE]):
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            time.sleep(10 + WARMUP_S)
            early = peak_rss_mib(process.pid)
            time.sleep(seconds - 10)
            late = peak_rss_mib(process.pid)
        finally:
            process.kill()
            process.wait()
    print(f"\n### Memory at 1,000/s, {CONNECTIONS} connections\n")
    print(f"peak RSS after 10 s: {early:.1f} MiB, after {seconds} s: {late:.1f} MiB")


def works(binary):
    """Whether the binary does what this script needs, at the smallest scale."""
    with tempfile.TemporaryDirectory() as directory, Target() as target:
        out = Path(directory) / "out.json"
        run_client(rpsbench_command(binary, target.url, 100, 1, out), 20)
        return out.exists()


def main():
    build = ["cargo", "build", "--release", "--quiet", "--example", "stamping-target"]
    binary = Path(os.environ.get("RPSBENCH", RELEASE / "rpsbench"))
    subprocess.run(build, cwd=ROOT, check=True)
    if "RPSBENCH" not in os.environ:  # Even when there is one: it may be older than the source.
        subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "rpsbench"], cwd=ROOT, check=True)
    if not works(binary):
        print("rpsbench wrote no result and is left out", file=sys.stderr)
        binary = None
    for tool, how in INSTALL.items():
        if not shutil.which(tool):
            print(f"{tool} is not installed: {how}", file=sys.stderr)
    if TARGET_CORE == CLIENT_CORE:
        print("only one core: client and target disturb each other", file=sys.stderr)
    tools = (["rpsbench"] if binary else []) + [tool for tool in PEERS if shutil.which(tool)]
    print(f"Linux {platform.release()} {platform.machine()}, {len(CORES)} cores; {ROUNDS} rounds of {DURATION} s, medians")
    if "rates" in PARTS:
        for rate in RATES:
            rate_table(rate, tools, binary)
    if "waking" in PARTS:
        waking_table(binary)
    if "flat" in PARTS:
        capacity(binary)
    ours = {"ceiling": ceiling_table, "own": own_table, "threads": threads_table, "memory": memory}
    for part, show in ours.items():
        if part in PARTS and binary:
            show(binary)


if __name__ == "__main__":
    main()
