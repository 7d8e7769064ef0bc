"""How long a trivial job waits behind each wall, against `docker run` of the same; one run.

python benchmarks/sandbox.py [--json FILE] [--jobs N]
"""

import argparse
import json
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from components.errors import TransientError
from components.ports import ScriptJob
from components.sandbox.backends.pool import PooledSandbox
from components.sandbox.backends.select import SandboxSpec, open_sandbox
from components.sandbox.image import inventory
from components.sandbox.image.inventory import EXECUTABLE
from components.sandbox.session.script import run_script
from components.schema.results.values import Limits, Status

LIMITS = Limits(memory_mb=256)
TRIVIAL = ScriptJob(source=b"print(1)\n", limits=LIMITS)
WARM = 2


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path)
    options.add_argument("--jobs", type=int, default=20)
    chosen = options.parse_args()
    contents = inventory.take()
    table = {}
    for backend in ("bubblewrap", "docker"):
        try:
            table[backend] = measure(backend, contents, chosen.jobs)
        except TransientError as error:
            print(f"{backend}: {error}")
    for backend, row in table.items():
        print(backend)
        for name, value in row.items():
            print(f"  {name:34} {value:10.2f}")
    if chosen.json:
        chosen.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def measure(backend: str, contents: inventory.Inventory, jobs: int) -> dict[str, float]:
    spec = SandboxSpec(limits=LIMITS, backend=backend, warm=WARM, contents=contents)
    sandbox = open_sandbox(spec)
    try:
        row = _latency(sandbox, jobs) | _round_trips(sandbox)
        row["fresh guest each, jobs/s"] = _rate(sandbox, jobs, 2)
        if backend == "docker":
            row |= _docker_run(sandbox.image, max(3, jobs // 4))
            row["warm / docker run"] = row["warm p50, ms"] / row["docker run p50, ms"]
    finally:
        sandbox.close()
    shared = open_sandbox(SandboxSpec(LIMITS, backend, warm=WARM, contents=contents, share=True))
    try:
        _rate(shared, 4, 2)
        row["shared guest, jobs/s"] = _rate(shared, jobs * 5, 2)
    finally:
        shared.close()
    return row


def _latency(sandbox: PooledSandbox, jobs: int) -> dict[str, float]:
    times = []
    for _ in range(jobs):
        while sandbox.warm() < WARM:
            time.sleep(0.05)  # why: waits for the pool to be warm
        times.append(_once(sandbox))
    return {
        "warm p50, ms": statistics.median(times) * 1e3,
        "warm p95, ms": sorted(times)[int(len(times) * 0.95)] * 1e3,
    }


def _once(sandbox: PooledSandbox) -> float:
    began = time.perf_counter()
    result = run_script(TRIVIAL, sandbox)
    took = time.perf_counter() - began
    if result.status is not Status.PASSED:
        raise RuntimeError(result)
    return took


def _rate(sandbox: PooledSandbox, jobs: int, threads: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: _once(sandbox), range(jobs)))
    return jobs / (time.perf_counter() - began)


ECHO = b"""
import gc, socket, struct
line = next(o for o in gc.get_objects() if isinstance(o, socket.socket) and o.fileno() >= 0)
for _ in range(5000):
    line.sendall(struct.pack(">I", 64) + bytes(64))
    line.recv(4096)
"""


def _round_trips(sandbox: PooledSandbox) -> dict[str, float]:
    """5,000 frames of a guest that asks, answered at once, as a backtest of 5,000 bars does."""
    from components.ports import GuestGone, GuestJob  # noqa: PLC0415  # used here alone

    job = GuestJob(kind="script", files={"s.py": ECHO}, spec=b"s.py", limits=LIMITS)
    with sandbox.open(job) as guest:
        guest.receive()
        began, frames = time.perf_counter(), 0
        try:
            while True:
                guest.send(bytes(64))
                guest.receive()
                frames += 1
        except GuestGone:
            took = time.perf_counter() - began
        guest.finish()
    return {"round trip, us": took / max(frames, 1) * 1e6}


def _docker_run(image: str, times: int) -> dict[str, float]:
    command = [
        "docker",
        "run",
        "--rm",
        "--network",
        "none",
        image,
        EXECUTABLE,
        "-S",
        "-c",
        "print(1)",
    ]
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return {"docker run p50, ms": statistics.median(taken) * 1e3}


if __name__ == "__main__":
    main()
