"""The same verdicts on a bad day: all examples alone, then at nice 19 beside busy loops and killers.

    python -m tests.soak.verdicts [--minutes 60] [--seed 1] [NAME...]

First each example is checked with nothing beside it. Then all are checked at nice 19 beside one busy
loop for each processor, while guests are killed at random. Exit code 0: no verdict and no figure
differs, but where the second run says `error` (tried, and not judged); 1: each difference is named.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.soak.processes import below

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples" / "strategies"
KILL_EVERY_S = (2.0, 20.0)
NOT_JUDGED = "error"

out = Console(highlight=False, markup=False, soft_wrap=True)


def main() -> int:
    """Check twice, compare, tell."""
    wanted = _arguments()
    names = wanted.names or sorted(p.name for p in EXAMPLES.iterdir())
    alone = _checked(names, wanted.minutes)
    with _busy_loops(), _killer(random.Random(wanted.seed)) as killed:
        beside = _checked(names, wanted.minutes, nice=19)
    different = [name for name in names if beside[name] not in (alone[name], NOT_JUDGED)]
    for name in names:
        out.print(f"{name}: alone {_verdict(alone[name])}, beside others {_verdict(beside[name])}")
    out.print(f"{len(killed)} guests killed; {len(different)} verdicts differ")
    return 1 if different else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.verdicts", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="for each of the two runs")
    parser.add_argument("--seed", type=int, default=1, help="when which guest is killed")
    parser.add_argument("names", nargs="*", help="examples; all where none is named")
    return parser.parse_args()


def _checked(names: list[str], minutes: float, nice: int = 0) -> dict[str, str]:
    """Verdict and figures of each example, as one text; an error is told without its cause."""
    folders = [str(EXAMPLES / name) for name in names]
    done = subprocess.run(
        ["nice", "-n", str(nice), sys.executable, "-m", "bot", "check", *folders, "--format=json"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        timeout=minutes * 60,
        check=False,
    )
    report = json.loads(done.stdout)
    return {found["name"]: _told(found) for found in report["strategies"]}


def _told(found: dict[str, Any]) -> str:
    if found["verdict"] == NOT_JUDGED:
        out.print(f"{found['name']}: {found['checks'][-1]['summary']}")
        return NOT_JUDGED
    return json.dumps([found["verdict"], found["aggregate"], found["gates"]], sort_keys=True)


def _verdict(told: str) -> str:
    return told if told == NOT_JUDGED else str(json.loads(told)[0])


@contextlib.contextmanager
def _busy_loops() -> Iterator[None]:
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _processor in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@contextlib.contextmanager
def _killer(chance: random.Random) -> Iterator[list[int]]:
    """Kills one guest of ours now and then; yields whom it has killed."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(chance.uniform(*KILL_EVERY_S)):
            guests = _guests()
            if guests:
                victim = chance.choice(guests)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def _guests() -> list[int]:
    """Sandboxed processes below this one: those that wait, and those that have a job."""
    ours = below({os.getpid()})
    return sorted(
        p.pid
        for p in ours
        if " -m components.sandbox.guest.runtime.main " in p.command and not p.is_sandbox
    )


if __name__ == "__main__":
    sys.exit(main())
