"""The same verdicts on a bad day: all checks alone, then at nice 19 beside busy loops and killers.

    python -m tests.soak.verdicts [--minutes 12] [--bars 500] [--kill-every 20] [--loops 2] [NAME...]

First every example, and a strategy of each kind that must fail, is checked with nothing beside it.
Then all are checked at nice 19 beside busy loops (one for each processor where `--loops` says
nothing), while guests are killed at random. Exit code 0: no verdict and no figure differs, but where the second run says `error` (tried,
and not judged); 1: each difference is named; 2: the time was over before all were compared.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.soak.content import Content, Kind, files
from tests.soak.processes import below

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples" / "strategies"
AT_ONCE = 4
"""Strategies of one command: they run beside each other, and what has ended is known."""
NOT_JUDGED = "error"
NOT_ENDED = "not ended"
_FAILING = (Kind.BROKEN, Kind.DANGEROUS, Kind.FUTURE, Kind.GREEDY, Kind.RAISES)
"""An endless loop is left out: at nice 19 it reaches `wall_s` long before `cpu_s`, and is not judged."""

out = Console(highlight=False, markup=False, soft_wrap=True)


def main() -> int:
    """Check twice, compare, tell."""
    wanted = _arguments()
    with tempfile.TemporaryDirectory() as place:
        folders = _stage(Path(place), wanted.bars, wanted.names)
        alone = _checked(Path(place), folders, wanted.minutes)
        with (
            _busy_loops(wanted.loops),
            _killer(random.Random(wanted.seed), wanted.kill_every) as killed,
        ):
            beside = _checked(Path(place), folders, wanted.minutes, nice=wanted.nice)
    told = {name: (alone[name], beside[name]) for name in sorted(alone)}
    for name, pair in told.items():
        out.print(f"{name}: alone {_verdict(pair[0])}, beside others {_verdict(pair[1])}")
    open_ = [name for name, pair in told.items() if NOT_ENDED in pair]
    different = [
        name for name, (one, two) in told.items() if two not in (one, NOT_JUDGED, NOT_ENDED)
    ]
    out.print(
        f"{len(killed)} guests killed; {len(told)} strategies, {len(different)} verdicts differ,"
        f" {sum(NOT_JUDGED in pair for pair in told.values())} not judged, {len(open_)} not ended"
    )
    return 1 if different else 2 * bool(open_)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.verdicts", description=__doc__)
    parser.add_argument("--minutes", type=float, default=12.0, help="for each of the two runs")
    parser.add_argument("--bars", type=int, default=500, help="newest of each data file; 0: all")
    parser.add_argument("--nice", type=int, default=19, help="of the second run")
    parser.add_argument("--kill-every", type=float, default=20.0, help="seconds, on the average")
    parser.add_argument("--loops", type=int, default=os.cpu_count() or 1, help="beside it")
    parser.add_argument("--seed", type=int, default=1, help="when which guest is killed")
    parser.add_argument("names", nargs="*", help="examples and kinds; all where none is named")
    return parser.parse_args()


def _stage(place: Path, bars: int, names: list[str]) -> list[Path]:
    """A configuration with the newest bars, and the folders that are checked."""
    stage_data(place, bars)
    (place / "config.yaml").write_text(
        f"policies: {PROJECT / 'policies'}\ndata: {{dir: data}}\nstate: {{dir: state}}\n"
        "sandbox: {backend: bubblewrap}\n",
        encoding="utf-8",
    )
    folders = sorted(EXAMPLES.iterdir())
    for kind in _FAILING:
        content = Content(kind, kind.value.replace("-", "_"), "1.0.0", 1)
        folder = place / content.name
        folder.mkdir()
        for path, text in files(content).items():
            (folder / path).write_text(text, encoding="utf-8")
        folders.append(folder)
    return [folder for folder in folders if not names or folder.name in names]


def stage_data(place: Path, bars: int) -> None:
    """The newest bars of each example's data file, in a folder `data`."""
    (place / "data").mkdir()
    for file in sorted((PROJECT / "examples" / "data").glob("*.csv")):
        head, *rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
        (place / "data" / file.name).write_text("".join([head, *rows[-bars:]]), encoding="utf-8")


def _checked(place: Path, folders: list[Path], minutes: float, nice: int = 0) -> dict[str, str]:
    """Verdict and figures of each folder, as one text; an error is told without its cause."""
    told = {folder.name: NOT_ENDED for folder in folders}
    deadline = time.monotonic() + minutes * 60
    for first in range(0, len(folders), AT_ONCE):
        part = folders[first : first + AT_ONCE]
        report = _report(place, part, deadline - time.monotonic(), nice)
        for found in report["strategies"] if report else ():
            told[found["name"]] = _told(found)
    return told


def _report(place: Path, folders: list[Path], seconds: float, nice: int) -> dict[str, Any] | None:
    """What `algoops check` says of some folders; None where it did not end in time."""
    command = ["nice", "-n", str(nice), sys.executable, "-m", "bot", "check", "--force"]
    try:
        done = subprocess.run(
            [*command, "--format=json", "--config", str(place / "config.yaml"), *map(str, folders)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            timeout=max(1.0, seconds),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _told(found: dict[str, Any]) -> str:
    if found["verdict"] == NOT_JUDGED:
        out.print(f"{found['name']}: {found['checks'][-1]['summary']}")
        return NOT_JUDGED
    return json.dumps([found["verdict"], found["aggregate"], found["gates"]], sort_keys=True)


def _verdict(told: str) -> str:
    return told if told in (NOT_JUDGED, NOT_ENDED) else str(json.loads(told)[0])


@contextlib.contextmanager
def _busy_loops(loops: int) -> Iterator[None]:
    processes = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _loop in range(loops)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _killer(chance: random.Random, every_s: float) -> Iterator[list[int]]:
    """Kills one guest of ours now and then; yields whom it has killed."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(chance.uniform(0.1, 1.9) * every_s):
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
