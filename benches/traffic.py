#!/usr/bin/env python3
"""What real traffic costs: templates and tokens beside a fixed request, TLS, HTTP/2 beside h2load.

    benches/traffic.py                      about 3 minutes
    ROUNDS=1 benches/traffic.py

nginx runs on one core and the client on another; rounds are interleaved, the figures are medians. CPU is the client's
user and system time, start-up included, for each request sent. All traffic is on 127.0.0.1. It needs nginx with TLS and
HTTP/2, openssl and h2load. Environment: ROUNDS (3), DURATION in seconds (5), RPSBENCH (a binary; by default the release
build, which must be there).
"""

import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RPSBENCH = os.environ.get("RPSBENCH", str(Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/rpsbench"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
DURATION = int(os.environ.get("DURATION", "5"))
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
BODY = '{"user": "{user}", "item": {item}, "note": "' + "x" * 150 + '"}'


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start_nginx(folder, plain, h2c, tls):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem",
         "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-addext", "basicConstraints=critical,CA:FALSE"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    Path(folder, "nginx.conf").write_text(f"""
        daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
        events {{ worker_connections 4096; }}
        http {{ access_log off; keepalive_requests 100000000; http2_max_concurrent_streams 128; {temporary}
          ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.3;
          server {{ listen 127.0.0.1:{plain} backlog=4096; location / {{ return 200 'hello'; }} }}
          server {{ listen 127.0.0.1:{h2c} http2 backlog=4096; location / {{ return 200 'hello'; }} }}
          server {{ listen 127.0.0.1:{tls} ssl http2 backlog=4096; location / {{ return 200 'hello'; }} }} }}""")
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    server = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), nginx, "-c", f"{folder}/nginx.conf", "-p", folder],
                              stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", tls), 1).close()
            return server
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx does not start")


def client(command):
    """Runs a client on its core. Returns its stdout and the CPU seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["taskset", "-c", str(CLIENT_CORE), *command], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not done.stdout:
        sys.exit(f"{command}: {done.stderr}")
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(url, rate, *more):
    """One run of rpsbench: CPU in us for each request, and the result."""
    command = [RPSBENCH, url, "--rate", str(rate), "--duration", f"{DURATION}s", "--format", "json", "-q", *more]
    text, cpu_s = client(command)
    result = json.loads(text)
    sent = result["ledger"]["sent"] + result["warmup"]["ledger"]["sent"]
    return cpu_s * 1e6 / sent, result


def closed_h2load(url):
    text, _ = client(["h2load", "-c1", "-m100", "-t1", f"-D{DURATION}", url])
    return float(re.search(r"finished in .*?, ([\d.]+) req/s", text).group(1))


def median(values):
    return statistics.median(values)


def main():
    with tempfile.TemporaryDirectory() as folder:
        plain, h2c, tls = free_ports(3)
        server = start_nginx(folder, plain, h2c, tls)
        try:
            tokens, data, cert = Path(folder, "tokens.csv"), Path(folder, "data.csv"), f"{folder}/cert.pem"
            tokens.write_text("token\n" + "".join(f"Bearer token-{i:04}\n" for i in range(120)))
            data.write_text("user,item\n" + "".join(f"user {i},{i}\n" for i in range(10_000)))
            base = f"http://127.0.0.1:{plain}/"
            fixed = ["-H", "Content-Type: application/json", "-H", "Authorization: Bearer token-0001", "-H", "X-User: user 1",
                     "-d", BODY.replace("{user}", "user 1").replace("{item}", "1")]
            dynamic = ["-H", "Content-Type: application/json", "-H", "X-User: {user}", "-d", BODY, "--tokens", str(tokens),
                       "--data", str(data)]
            figures = {}

            def note(name, value):
                figures.setdefault(name, []).append(value)

            for _ in range(ROUNDS):
                note("fixed", run(base + "a?u=user%201&i=1", 10_000, *fixed)[0])
                note("dynamic", run(base + "a?u={user}&i={item}", 10_000, *dynamic)[0])
                for name, url, more in [
                    ("TLS, HTTP/1.1, 10,000/s", f"https://localhost:{tls}/", ["--cacert", cert, "--http1"]),
                    ("TLS, HTTP/2, 10,000/s", f"https://localhost:{tls}/", ["--cacert", cert, "--connections", "1"]),
                    ("plain, HTTP/1.1, 10,000/s", base, []),
                ]:
                    cpu_us, result = run(url, 10_000, *more)
                    note(name, (cpu_us, result["latency"]["send_lag"]["p99_ms"] * 1e3, result["ledger"]["ok"]))
                h2 = f"http://localhost:{h2c}/"
                one = ["--http2", "--connections", "1", "--streams", "100"]
                cpu_us, result = run(h2, 5_000, *one)
                note("HTTP/2, 1 connection, 100 streams, 5,000/s",
                     (cpu_us, result["latency"]["send_lag"]["p99_ms"] * 1e3, result["ledger"]["ok"]))
                # More than it can send: what is completed is what one connection carries.
                note("most over HTTP/2", run(h2, 100_000, *one, "--overflow", "queue", "--max-in-flight", "100",
                                             "--drain", "1s")[1]["rates"]["completed_per_s"])
                note("h2load", closed_h2load(h2))
            extra = median(figures["dynamic"]) / median(figures["fixed"]) - 1
            print(f"CPU us/request at 10,000/s: fixed {median(figures['fixed']):.1f}, token, data in URL, header and body "
                  f"{median(figures['dynamic']):.1f} ({extra:+.1%})")
            for name, values in figures.items():
                if isinstance(values[0], tuple):
                    cpu, lag, ok = (median(v[i] for v in values) for i in range(3))
                    print(f"{name}: {ok:.0f} ok, CPU {cpu:.1f} us/request, send lag p99 {lag:.0f} us")
            ours, theirs = median(figures["most over HTTP/2"]), median(figures["h2load"])
            print(f"one HTTP/2 connection, 100 streams: {ours:.0f}/s, h2load {theirs:.0f}/s, ratio {ours / theirs:.2f}")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
