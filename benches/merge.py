#!/usr/bin/env python3
"""What it takes to merge a thousand shards: time and memory.

    benches/merge.py            1,000 shards of a schedule of 10 million requests/s, as their results would be
    SHARDS=100 benches/merge.py

One shard is really run, at 1,000/s for 60 s against the built-in service on its own; its result is written once for each
index, with the index changed. So the files are as large as real ones, and nothing else is measured than reading and adding
up. Environment: SHARDS (1,000), RPSBENCH (a binary; by default the release build, which is brought up to date). All traffic
is on loopback.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARDS = int(os.environ.get("SHARDS", "1000"))


def binary():
    if "RPSBENCH" in os.environ:
        return os.environ["RPSBENCH"]
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "rpsbench"], cwd=ROOT, check=True)
    return str(Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "rpsbench")


def main():
    program = binary()
    with tempfile.TemporaryDirectory() as folder:
        service = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        try:
            line = ""
            while "127.0.0.1:" not in line:
                line = service.stdout.readline()
            port = line.split("127.0.0.1:")[1].split()[0].rstrip("/;,")
            rate = 1_000 * SHARDS
            subprocess.run([program, f"http://127.0.0.1:{port}/", "--rate", f"{rate}", "--duration", "60s", "--shard",
                            f"0/{SHARDS}", "-o", f"{folder}/result.{{shard}}.json", "--timeout", "1s", "--quiet"],
                           stdout=subprocess.DEVNULL)
        finally:
            service.kill()
            service.wait()
        first = json.loads(Path(folder, "result.0.json").read_text())
        for index in range(SHARDS):
            first["shard"]["index"] = index
            Path(folder, f"result.{index}.json").write_text(json.dumps(first))
        size = Path(folder, "result.0.json").stat().st_size
        began = time.monotonic()
        merging = subprocess.Popen([program, "merge", folder, "--format", "json"], stdout=subprocess.PIPE)
        document = json.loads(merging.stdout.read())
        # Unlike those of all children, the figures of this one.
        _, _, usage = os.wait4(merging.pid, 0)
        took, peak = time.monotonic() - began, usage.ru_maxrss / 1024
        one, sum_of_all = first["ledger"], document["ledger"]
        assert all(sum_of_all[column] == SHARDS * one[column] for column in one), (one, sum_of_all)
        print(f"{SHARDS} shards of {size / 1e3:.0f} kB, {sum_of_all['planned']:,} arrivals: merged in {took:.2f} s, "
              f"at most {peak:.0f} MB; every count is {SHARDS} times that of one")


if __name__ == "__main__":
    main()
