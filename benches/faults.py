#!/usr/bin/env python3
"""Whose limit was it? Faults staged on purpose, and how often the verdicts name the right one.

    benches/faults.py                       about 50 minutes
    RUNS=3 KINDS=hog,quota benches/faults.py

Each kind is a run of a few seconds with something wrong: with the client, with the service, or with neither. The client has
one core and its target another. A run is judged right when

    client    the generator is suspect or invalid, and the result line does not blame the service
    service   the result line blames the service (or, where it recovers in time, not the client)
    neither   the result line says KEEPING UP, and the generator is not invalid

SUSPECT where nothing was staged is counted beside it: on a machine that takes the core away for milliseconds it is true.

Environment: RUNS of each kind (10), KINDS (words that names begin with; all), RPSBENCH (a binary; by default the release
build, which is brought up to date). As root it also stages a CPU quota and a small range of ports; otherwise it says that it
could not. All traffic is on loopback, and only processes started here are signalled.
"""

import collections
import contextlib
import json
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
BINARY = os.environ.get("RPSBENCH", str(RELEASE / "rpsbench"))
RUNS = int(os.environ.get("RUNS", "10"))
CORES = sorted(os.sched_getaffinity(0))
TARGET_CORE, CLIENT_CORE = CORES[0], CORES[-1]
# Far more than one core sends.
TOO_HIGH = 150_000
STAMPING = [str(RELEASE / "examples" / "stamping-target")]


class CannotStage(Exception):
    """This machine does not allow it."""


def pinned(core, *actions):
    """What a child does before it becomes the program."""
    def prepare():
        os.sched_setaffinity(0, {core})
        for action in actions:
            action()
    return prepare


@contextlib.contextmanager
def child(command, core, *actions, **pipes):
    process = subprocess.Popen(command, preexec_fn=pinned(core, *actions), text=True, **pipes)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()


@contextlib.contextmanager
def served(command, *actions, inside=()):
    """A target on its core; gives its URL and its process."""
    command = [*inside, *command]
    with child(command, TARGET_CORE, *actions, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
               stderr=subprocess.STDOUT) as process:
        line = ""
        while "127.0.0.1:" not in line:
            line = process.stdout.readline()
            if not line:
                raise CannotStage(f"{command[0]} did not start")
        port = line.split("127.0.0.1:")[1].split()[0].rstrip("/;,")
        yield f"http://127.0.0.1:{port}/", process


def built_in(workers, service_time):
    return [BINARY, "serve", "--listen", "127.0.0.1:0", "--workers", f"{workers}", "--service-time", service_time, "--sigma",
            "0"]


def hogs(stack, core, count):
    for _ in range(count):
        stack.enter_context(child([sys.executable, "-c", "while True: pass"], core))


def stopped(process, after_s, for_s):
    """Stops a process once, from another thread."""
    def act():
        time.sleep(after_s)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGSTOP)
            time.sleep(for_s)
            process.send_signal(signal.SIGCONT)
    threading.Thread(target=act, daemon=True).start()


@contextlib.contextmanager
def quota(share):
    """A control group that may use this share of one CPU; gives the file that takes the process."""
    name, period_us = f"rpsbench-faults-{os.getpid()}", 100_000
    version_1, version_2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
    group = (version_1 if version_1.is_dir() else version_2) / name
    try:
        group.mkdir()
        if version_1.is_dir():
            (group / "cpu.cfs_period_us").write_text(f"{period_us}")
            (group / "cpu.cfs_quota_us").write_text(f"{int(share * period_us)}")
        else:
            (group / "cpu.max").write_text(f"{int(share * period_us)} {period_us}")
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        raise CannotStage(f"no control group with a CPU quota: {error}") from error
    try:
        yield group / "cgroup.procs"
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()


@contextlib.contextmanager
def few_ports(first, last):
    """A network namespace with few local ports; gives the words that run a command inside."""
    name = f"rpsbench-faults-{os.getpid()}"
    inside = ["ip", "netns", "exec", name]
    setup = [["ip", "netns", "add", name], ["ip", "-n", name, "link", "set", "lo", "up"],
             [*inside, "sysctl", "-qw", f"net.ipv4.ip_local_port_range={first} {last}"]]
    try:
        for command in setup:
            if subprocess.run(command, capture_output=True).returncode != 0:
                raise CannotStage("no network namespace")
        yield inside
    except FileNotFoundError as error:
        raise CannotStage("iproute2 is not installed") from error
    finally:
        if shutil.which("ip"):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)


def load(url, rate, *flags, seconds=4, threads=1, actions=(), inside=(), meanwhile=lambda process: None):
    """One run of rpsbench: its result."""
    command = [*inside, BINARY, url, "--rate", f"{rate}", "--duration", f"{seconds}s", "--warmup", "1s", "--threads",
               f"{threads}", "--drain", "2s", "--no-check", "--quiet", "--format", "json", *flags]
    with child(command, CLIENT_CORE, *actions, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
               stderr=subprocess.PIPE) as process:
        meanwhile(process)
        out, complaint = process.communicate(timeout=120)
    if not out:
        raise RuntimeError(complaint.strip())
    return json.loads(out)


def against(command, rate, *flags, target_actions=(), client_hogs=0, target_hogs=0, target_meanwhile=lambda process: None,
            **more):
    with contextlib.ExitStack() as stack:
        url, process = stack.enter_context(served(command, *target_actions))
        hogs(stack, CLIENT_CORE, client_hogs)
        hogs(stack, TARGET_CORE, target_hogs)
        target_meanwhile(process)
        return load(url, rate, *flags, **more)


def in_quota(share, rate):
    with quota(share) as processes:
        def join():
            processes.write_text(f"{os.getpid()}")
        return against(STAMPING, rate, actions=[join])


def with_few_ports():
    with few_ports(40_000, 40_999) as inside, served(STAMPING, inside=inside) as (url, _):
        return load(url, 1_000, "--no-keepalive", inside=inside)


def few_descriptors(count):
    """A cap of what the descriptors allow, against a service that needs 200 at once."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
    return against(built_in(100_000, "100ms"), 2_000, actions=[limit])


@contextlib.contextmanager
def nginx(*lines):
    """nginx on the target's core with these lines for its server; gives the URL and the folder that it serves."""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        raise CannotStage("nginx or openssl is not installed")
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        os.chmod(folder, 0o755)
        server = "\n".join(lines).replace("FOLDER", folder).replace("PORT", f"{port}")
        Path(folder, "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log /dev/null; worker_processes 1; events {{ worker_connections 8192; }}\n"
            f"http {{ access_log off; keepalive_requests 1000000; server {{ {server} root {folder}; }} }}\n")
        scheme = "http"
        if "ssl" in server:
            scheme = "https"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:4096", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out",
                            f"{folder}/cert.pem"], check=True, capture_output=True)
        with Path(folder, "large").open("wb") as large:
            large.truncate(10_000_000)
        Path(folder, "index.html").write_text("ok")
        with child(["nginx", "-c", f"{folder}/nginx.conf", "-p", folder], TARGET_CORE, stderr=subprocess.DEVNULL):
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"{scheme}://127.0.0.1:{port}", folder


def handshakes(rate):
    """A new TLS connection for each request. To sign with an RSA key of 4096 bits takes the server milliseconds, to verify
    it the client a twentieth of that: beyond a few hundred a second the limit is the server's."""
    with nginx("listen 127.0.0.1:PORT ssl; ssl_session_tickets off; ssl_session_cache off;",
               "ssl_certificate FOLDER/cert.pem; ssl_certificate_key FOLDER/key.pem;") as (url, folder):
        return load(f"{url}/", rate, "--no-keepalive", "--cacert", f"{folder}/cert.pem", "--max-in-flight", "200")


def large_answers(rate, client_hogs=0):
    """Answers of 10 MB, which nginx takes from the page cache."""
    with contextlib.ExitStack() as stack:
        url, _ = stack.enter_context(nginx("listen 127.0.0.1:PORT; sendfile on;"))
        hogs(stack, CLIENT_CORE, client_hogs)
        return load(f"{url}/large", rate)


def stop_client(for_s, *flags, seconds=4):
    return against(STAMPING, 1_000, *flags, seconds=seconds, meanwhile=lambda process: stopped(process, 3, for_s))


def ceiling_per_s():
    """What the core sends at best, in a closed loop."""
    with served(STAMPING) as (url, _):
        command = [BINARY, "closed", url, "-c", "64", "--duration", "2s", "--warmup", "0s", "--threads", "1", "--quiet",
                   "--format", "json"]
        with child(command, CLIENT_CORE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            document = json.loads(process.communicate(timeout=60)[0])
        return document["rates"]["completed_per_s"]


def nice_19():
    os.nice(19)


CLIENT, SERVICE, RECOVERS, NEITHER = "client", "service", "service, recovers", "neither"
KINDS = {
    "hog on the client's core, 20,000/s": (CLIENT, lambda: against(STAMPING, 20_000, client_hogs=1)),
    "hogs, three, on the client's core, 20,000/s": (CLIENT, lambda: against(STAMPING, 20_000, client_hogs=3)),
    "nice 19 beside a hog, 5,000/s": (CLIENT, lambda: against(STAMPING, 5_000, client_hogs=1, actions=[nice_19])),
    "stopped for 50 ms, 1,000/s": (CLIENT, lambda: stop_client(0.05)),
    "stopped for 200 ms, 1,000/s": (CLIENT, lambda: stop_client(0.2)),
    "stopped for 1 s, 1,000/s": (CLIENT, lambda: stop_client(1)),
    "stopped for 1 s, cap 16, 1,000/s": (CLIENT, lambda: stop_client(1, "--max-in-flight", "16")),
    "stopped for 3 s, 1,000/s": (CLIENT, lambda: stop_client(3, seconds=6)),
    "quota of 20 % of a CPU, 20,000/s": (CLIENT, lambda: in_quota(0.2, 20_000)),
    "quota of 50 % of a CPU, 40,000/s": (CLIENT, lambda: in_quota(0.5, 40_000)),
    "rate too high, cap 16": (CLIENT, lambda: against(STAMPING, TOO_HIGH, "--max-in-flight", "16")),
    "rate too high, cap 64": (CLIENT, lambda: against(STAMPING, TOO_HIGH, "--max-in-flight", "64")),
    "rate too high, cap 200": (CLIENT, lambda: against(STAMPING, TOO_HIGH, "--max-in-flight", "200")),
    "rate too high, default cap": (CLIENT, lambda: against(STAMPING, TOO_HIGH)),
    "rate too high, four threads on one core": (CLIENT, lambda: against(STAMPING, TOO_HIGH, threads=4)),
    "rate too high, no keep-alive": (CLIENT, lambda: against(STAMPING, TOO_HIGH, "--no-keepalive", "--max-in-flight", "200")),
    "descriptors, 96, of 264 that it needs": (CLIENT, lambda: few_descriptors(96)),
    "descriptors, 160, of 264 that it needs": (CLIENT, lambda: few_descriptors(160)),
    "ports, 1,000, no keep-alive, 1,000/s": (CLIENT, with_few_ports),
    "answers of 10 MB, 50/s, beside four hogs": (CLIENT, lambda: large_answers(50, client_hogs=4)),
    "TLS handshakes, RSA-4096, 1,000/s": (SERVICE, lambda: handshakes(1_000)),
    "service at 130 % of its capacity": (SERVICE, lambda: against(built_in(4, "10ms"), 520)),
    "service at 200 % of its capacity": (SERVICE, lambda: against(built_in(4, "10ms"), 800)),
    "service at 130 %, cap 16": (SERVICE, lambda: against(built_in(4, "10ms"), 520, "--max-in-flight", "16")),
    "service at 400 % of its capacity": (SERVICE, lambda: against(built_in(4, "10ms"), 1_600)),
    "service with nice 19 beside a hog, 20,000/s": (SERVICE, lambda: against(
        STAMPING, 20_000, "--max-in-flight", "200", target_actions=[nice_19], target_hogs=1)),
    "service at 120 %, cap 500, 6,000/s": (SERVICE, lambda: against(built_in(50, "10ms"), 6_000, "--max-in-flight", "500")),
    "service stopped to the end": (SERVICE, lambda: against(
        STAMPING, 1_000, "--timeout", "2s", target_meanwhile=lambda process: stopped(process, 3, 30))),
    "service beside three hogs, 20,000/s": (SERVICE, lambda: against(
        STAMPING, 20_000, "--max-in-flight", "200", target_hogs=3)),
    "service stopped for 1 s": (RECOVERS, lambda: against(
        STAMPING, 1_000, target_meanwhile=lambda process: stopped(process, 3, 1))),
    "nothing, 10/s": (NEITHER, lambda: against(STAMPING, 10)),
    "nothing, 100/s": (NEITHER, lambda: against(STAMPING, 100)),
    "nothing, 1,000/s": (NEITHER, lambda: against(STAMPING, 1_000)),
    "nothing, 10,000/s": (NEITHER, lambda: against(STAMPING, 10_000)),
    "nothing, 30,000/s": (NEITHER, lambda: against(STAMPING, 30_000)),
    "nothing, 10,000/s, Poisson": (NEITHER, lambda: against(STAMPING, 10_000, "--arrivals", "poisson")),
    "nothing, 10,000/s, two threads on one core": (NEITHER, lambda: against(STAMPING, 10_000, threads=2)),
    "nothing, quota of 90 % of a CPU, 1,000/s": (NEITHER, lambda: in_quota(0.9, 1_000)),
    "nothing, half of the ceiling": (NEITHER, lambda: against(STAMPING, int(0.5 * ceiling_per_s()))),
    "nothing, TLS handshakes, 20/s": (NEITHER, lambda: handshakes(20)),
    "nothing, answers of 10 MB, 10/s": (NEITHER, lambda: large_answers(10)),
    "nothing, service at half of its capacity": (NEITHER, lambda: against(built_in(4, "10ms"), 200)),
    "nothing, service of 100 ms, 2,000/s": (NEITHER, lambda: against(built_in(100_000, "100ms"), 2_000)),
}


BLAMES_THE_SERVICE = ("too_much", "failing", "died")


def is_right(truth, verdict):
    """Whether the result line names the right one, and the generator is not called invalid without cause."""
    result, generator = verdict["result"], verdict["generator"]
    return {
        CLIENT: generator != "valid" and result not in BLAMES_THE_SERVICE,
        SERVICE: generator != "invalid" and result in BLAMES_THE_SERVICE,
        RECOVERS: generator != "invalid" and result != "client_limit",
        NEITHER: generator != "invalid" and result == "keeping_up",
    }[truth]


def main():
    build = ["cargo", "build", "--release", "--quiet"]
    if "RPSBENCH" not in os.environ:  # Even when there is one: it may be older than the source.
        subprocess.run([*build, "--bin", "rpsbench", "--example", "stamping-target"], cwd=ROOT, check=True)
    elif not Path(STAMPING[0]).exists():
        subprocess.run([*build, "--example", "stamping-target"], cwd=ROOT, check=True)
    words = os.environ.get("KINDS", "").split(",")
    print(f"Linux {platform.release()} {platform.machine()}, {len(CORES)} cores; {RUNS} runs of each kind\n")
    print("| staged | whose limit | right | result, generator |\n|---|---|---|---|")
    totals, suspected = collections.defaultdict(lambda: [0, 0]), collections.Counter()
    for name, (truth, stage) in KINDS.items():
        if not any(name.startswith(word) for word in words):
            continue
        said, right = collections.Counter(), 0
        try:
            for _ in range(RUNS):
                verdict = stage()["verdict"]
                said[f"{verdict['result']}, {verdict['generator']}"] += 1
                right += is_right(truth, verdict)
                suspected[truth] += verdict["generator"] == "suspect"
                if os.environ.get("VERBOSE") and not is_right(truth, verdict):
                    print(f"{name}: {json.dumps(verdict)}", file=sys.stderr)
        except CannotStage as why:
            print(f"| {name} | {truth} | could not be staged: {why} | |")
            continue
        totals[truth][0] += right
        totals[truth][1] += RUNS
        verdicts = "; ".join(f"{verdict}: {count}" for verdict, count in said.most_common())
        print(f"| {name} | {truth} | {right} of {RUNS} | {verdicts} |", flush=True)
    print()
    for truth, (right, runs) in totals.items():
        print(f"{truth}: {right} of {runs} right, the generator suspect in {suspected[truth]}")


if __name__ == "__main__":
    main()
