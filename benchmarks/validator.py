"""The validator beside bandit on the same 1,000 strategy files, in one run.

Run as `python -m benchmarks.validator [--json FILE] [--files N]`. Both judge the same folder:
bandit by its own command (as teams run it), the validator once with an empty cache, once with the
contents known (as the bot sees them: a repository of strategies changes a file or two at a time).
Seconds of CPU (user and system, children included), so that a busy machine doesn't decide; wall
time is printed beside them.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.schema.policies.code import CodePolicy
from components.schema.policies.file import load_policy
from components.validator import check_source
from components.validator.check import CACHE

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
FILES = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--files", type=int, default=FILES, help="how many files to judge")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = compare(Path(folder), arguments.files)
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def compare(folder: Path, count: int) -> dict[str, Any]:
    policy = load_policy(ROOT / "policies" / "code.yaml", CodePolicy)
    sources = write_files(folder, count)
    check_source(b"x = 1\n", policy=policy)
    CACHE.clear()
    figures: dict[str, Any] = {"files": count, "bytes": sum(map(len, sources))}
    figures["bandit"] = measured(lambda: bandit(folder), count)
    figures["cold"] = measured(lambda: judge(sources, policy), count)
    figures["cached"] = measured(lambda: judge(sources, policy), count)
    for kind in ("cold", "cached"):
        ratio = figures[kind]["files_per_cpu_s"] / figures["bandit"]["files_per_cpu_s"]
        figures[f"{kind}_ratio"] = round(ratio, 1)
    return figures


def write_files(folder: Path, count: int) -> list[bytes]:
    """Distinct files made of the harmless corpus, each with numbers of its own."""
    seeds = sorted((ROOT / "tests" / "data" / "harmless").glob("*.py"))
    source = random.Random(7)
    made: list[bytes] = []
    for number in range(count):
        text = seeds[number % len(seeds)].read_text(encoding="utf-8")
        content = f"{text}\n\nSERIAL = {number * 1_000 + source.randrange(1_000)}\n".encode()
        (folder / f"strategy_{number}.py").write_bytes(content)
        made.append(content)
    return made


def judge(sources: list[bytes], policy: CodePolicy) -> None:
    for content in sources:
        check_source(content, policy=policy)


def bandit(folder: Path) -> None:
    command = [sys.executable, "-m", "bandit", "-q", "-r", str(folder), "-f", "json"]
    done = subprocess.run(command, capture_output=True, check=False)
    judged = set(json.loads(done.stdout)["metrics"]) - {"_totals"}
    if not judged:
        raise RuntimeError(f"bandit judged nothing: {done.stderr.decode()[-300:]}")


def measured(work: Callable[[], None], count: int) -> dict[str, float]:
    before, start = cpu(), time.perf_counter()
    work()
    wall, used = time.perf_counter() - start, cpu() - before
    return {
        "cpu_s": round(used, 4),
        "wall_s": round(wall, 4),
        "ms_per_file": round(used / count * 1_000, 4),
        "files_per_cpu_s": round(count / used, 1),
    }


def cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def show(figures: dict[str, Any]) -> None:
    print(f"{figures['files']} files, {figures['bytes'] / 1024:.0f} KiB")
    print(f"{'':22}{'CPU s':>8}{'wall s':>8}{'ms/file':>9}{'files/s':>10}{'ratio':>8}")
    for kind in ("bandit", "cold", "cached"):
        row = figures[kind]
        name = kind if kind == "bandit" else f"validator, {kind}"
        ratio = f"{figures.get(f'{kind}_ratio', 1.0):.1f}x"
        print(
            f"{name:22}{row['cpu_s']:8.2f}{row['wall_s']:8.2f}{row['ms_per_file']:9.3f}"
            f"{row['files_per_cpu_s']:10.0f}{ratio:>8}"
        )


if __name__ == "__main__":
    main()
