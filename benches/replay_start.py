#!/usr/bin/env python3
"""How long a replay of a million rows takes to start: from the start of the program to its first request.

    benches/replay_start.py
    ROWS=1000000 RUNS=5 RPSBENCH=target/release/rpsbench benches/replay_start.py

The whole file is checked before the first request, so this is the time that checking takes. The rows are 1 ms apart, with a
method, a path and a header each. Each run is ended at its first request. Aim: under 1 s for a million rows, in a release
build. All traffic is on loopback, and only processes started here are signalled.
"""

import os
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
BINARY = os.environ.get("RPSBENCH", str(RELEASE / "rpsbench"))
ROWS = int(os.environ.get("ROWS", "1000000"))
RUNS = int(os.environ.get("RUNS", "5"))
FORMATS = {
    "csv": ("t_ms,method,path,header:X-Id\n", "{i},GET,/items/{i}?page={p},id-{i}\n"),
    "ndjson": ("", '{{"t_ms": {i}, "method": "GET", "path": "/items/{i}?page={p}", "headers": {{"X-Id": "id-{i}"}}}}\n'),
}


def first_request_s(recording):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        command = [BINARY, url, "--arrivals-file", recording, "--no-check", "--baseline", "0", "--quiet"]
        started = time.monotonic()
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            # A connection may be made to see whether anybody is there.
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(30)
                    if connection.recv(1):
                        return time.monotonic() - started
        finally:
            run.kill()
            run.wait()


def main():
    for name, (head, row) in FORMATS.items():
        with tempfile.NamedTemporaryFile("w", suffix=f".{name}") as file:
            file.write(head)
            file.writelines(row.format(i=i, p=i % 97) for i in range(ROWS))
            file.flush()
            size_mb = Path(file.name).stat().st_size / 1e6
            times = [first_request_s(file.name) for _ in range(RUNS)]
            print(f"{name}: {ROWS} rows, {size_mb:.0f} MB, median {statistics.median(times):.2f} s, all {[round(t, 2) for t in times]}")


if __name__ == "__main__":
    main()
