"""A hundred verdicts, each made again in a fresh clone: the same orders, the same numbers.

    python -m tests.soak.reproduce [--verdicts 100] [--bars 0] [--minutes 60]
                                   [--backend bubblewrap] [--other-backend docker]

The examples, each with many values of its first whole-number parameter, are committed on branches
of a repository and checked there; then somebody with a fresh clone, a state folder of their own
and (with `--other-backend`) another sandbox backend verifies the reports. Exit code 0: every
verdict is the same; 1: each line that differs is printed; 2: something could not be told in time.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.git_support import git
from tests.soak.verdicts import EXAMPLES, PROJECT, out, stage_data

A_REPORT = 25
"""Strategies of one branch, and of one report."""

_WHOLE = re.compile(r"(\{default: )\d+(, min: (\d+), max: (\d+))(?=[,}])")


def main() -> int:
    """Check, clone, verify, tell."""
    wanted = _arguments()
    until = time.monotonic() + wanted.minutes * 60
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        stage_data(place, wanted.bars)
        branches = _repository(place / "strategies", wanted.verdicts)
        reports = [
            _report(place, branch, _config(place, "maker", wanted.backend), until)
            for branch in branches
        ]
        clone = place / "clone"
        git(place, "clone", "--quiet", "--no-hardlinks", str(place / "strategies"), str(clone))
        for branch in branches:
            git(clone, "fetch", "--quiet", "origin", branch)
        reader = _config(place, "reader", wanted.other_backend or wanted.backend)
        told = [_verified(clone, report, reader, until) for report in reports]
    return _tell(told, wanted.verdicts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.reproduce", description=__doc__)
    parser.add_argument("--verdicts", type=int, default=100)
    parser.add_argument("--bars", type=int, default=0, help="newest of each data file; 0: all")
    parser.add_argument("--minutes", type=float, default=60.0, help="for all of it")
    parser.add_argument("--backend", default="bubblewrap", help="of who makes the reports")
    parser.add_argument("--other-backend", default="", help="of who verifies them")
    return parser.parse_args()


def _repository(folder: Path, verdicts: int) -> list[str]:
    """A repository whose branches add so many strategies together; the branches' names."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=Begin")
    examples = sorted(EXAMPLES.iterdir())
    made = [(examples[n % len(examples)], n // len(examples)) for n in range(verdicts)]
    branches = []
    for first in range(0, verdicts, A_REPORT):
        branch = f"part-{first}"
        git(folder, "switch", "--quiet", "-C", branch, "main")
        for example, number in made[first : first + A_REPORT]:
            _write(folder / "strategies", example, number, verdicts // len(examples) + 1)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", f"--message={branch}")
        branches.append(branch)
    return branches


def _write(strategies: Path, example: Path, number: int, of: int) -> None:
    """One variant of an example, on one symbol."""
    name = f"{example.name}_{number:02d}"

    def value(found: re.Match[str]) -> str:
        low, high = int(found[3]), int(found[4])
        return f"{found[1]}{low + (high - low) * number // of}{found[2]}"

    (strategies / name).mkdir(parents=True)
    for file in sorted(example.iterdir()):
        if file.suffix not in {".py", ".yaml"}:
            continue
        text = file.read_text(encoding="utf-8")
        if file.name == "strategy.yaml":
            text = text.replace(f"name: {example.name}", f"name: {name}", 1)
            text = _WHOLE.sub(value, text.replace("[SPX, IXIC]", "[SPX]"), count=1)
        (strategies / name / file.name).write_text(text, encoding="utf-8")


def _config(place: Path, who: str, backend: str) -> Path:
    file = place / f"{who}.yaml"
    file.write_text(
        f"policies: {PROJECT / 'policies'}\ndata: {{dir: data}}\nstate: {{dir: {who}}}\n"
        f"sandbox: {{backend: {backend}}}\n",
        encoding="utf-8",
    )
    return file


def _report(place: Path, branch: str, config: Path, until: float) -> Path:
    report = place / f"{branch}.json"
    words = ["check", "--repo", str(place / "strategies"), "--base", "main", "--head", branch]
    _algoops([*words, "--format", "json", "--output", str(report), "--config", str(config)], until)
    return report


def _verified(clone: Path, report: Path, config: Path, until: float) -> dict[str, Any]:
    words = ["verify", str(report), "--repo", str(clone), "--format", "json"]
    found: dict[str, Any] = json.loads(_algoops([*words, "--config", str(config)], until))
    out.print(f"{report.stem}: {found['result']}")
    return found


def _algoops(words: list[str], until: float) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=max(1.0, until - time.monotonic()),
        check=False,
    )
    if done.returncode == 2:  # nothing was judged
        out.print(done.stderr)
    return done.stdout


def _tell(told: list[dict[str, Any]], verdicts: int) -> int:
    lines = [line for report in told for line in report["lines"]]
    good, orders, numbers = (
        sum(
            line["what"] == what and line["held"] == "same" and bool(line["about"])
            for line in lines
        )
        for what in ("verdict", "orders", "numbers")
    )
    for line in lines:
        if line["held"] in {"differs", "unknown"}:
            out.print(f"{line['held']}: {line['about']} {line['what']}: {line['why']}")
    notes = sum(line["held"] == "note" and line["what"] == "image" for line in lines)
    said = {line["found"] for line in lines if line["what"] == "verdict" and line["about"]}
    out.print(
        f"{good} of {verdicts} verdicts reproduced ({', '.join(sorted(said))}); {orders} hashes of"
        f" orders and {numbers} sets of numbers are the same; {notes} with another image"
    )
    results = {report["result"] for report in told}
    return 1 if "differs" in results else 2 * ("unknown" in results)


if __name__ == "__main__":
    sys.exit(main())
