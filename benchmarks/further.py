"""What a walk-forward of eight windows costs, against one run of the same strategy; one executor.

python benchmarks/further.py [--json FILE] [--repeat N]

Both go through the executor and the sandbox as in a check, one after the other on one worker. The
ratios are of seconds by the clock, and of the CPU seconds that the sandboxes tell. What the same
walk would take if each set were run on each past part is counted beside it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.checks.further import further_runs
from bot.checks.jobs import JobRunner, backtest_of
from bot.checks.policies import load_policies
from bot.checks.subject import Bench, Subject, prepare
from bot.config.settings import load
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_bench
from components.schema.policies.risk import Gate, RiskPolicy
from components.schema.results.report import Change
from components.schema.results.values import ExecutionResult, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from components.ports import BacktestJob
    from components.schema.definition.models import ParameterSpec, ScalarValue

ROOT = Path(__file__).parents[1]
STRATEGY = ROOT / "examples" / "strategies" / "sma_cross"
TARGET = 10
RISK = RiskPolicy(gates=(Gate(id="keeps", metric="oos_keep", op=">=", value=0.5),))


class Timed:
    """Runs jobs; counts their number, their seconds by the clock and the sandboxes' CPU seconds."""

    def __init__(self, run: Callable[[Sequence[BacktestJob]], tuple[ExecutionResult, ...]]) -> None:
        self._run = run
        self.runs, self.clock_s, self.cpu_s = 0, 0.0, 0.0

    def __call__(self, jobs: Sequence[BacktestJob]) -> tuple[ExecutionResult, ...]:
        """Results in the jobs' order. Exits where one did not pass: that is no measurement."""
        began = time.perf_counter()
        results = self._run(jobs)
        self.clock_s += time.perf_counter() - began
        self.runs += len(jobs)
        for result in results:
            if result.status is not Status.PASSED:
                sys.exit(f"{result.symbol}: {result.status}: {result.message}")
            self.cpu_s += result.resource_usage.cpu_s or 0.0
        return results


def one_round(
    bench: Bench, job: BacktestJob, parameters: dict[str, ScalarValue | ParameterSpec]
) -> dict[str, float]:
    """One run, then the walk-forward of the same strategy."""
    runner = JobRunner(bench, threading.Event(), None)
    once, walk = Timed(runner.run), Timed(runner.run)
    (result,) = once([job])
    found = further_runs(bench, parameters, [(job, result)], walk, ())
    (figures,) = found.figures
    windows = len(figures.windows)
    return {
        "windows": windows,
        "runs": walk.runs,
        "runs_window_by_window": windows * figures.choices + windows,
        "once_s": once.clock_s,
        "walk_s": walk.clock_s,
        "ratio_clock": walk.clock_s / once.clock_s,
        "ratio_cpu": walk.cpu_s / once.cpu_s,
    }


def prepared() -> Subject:
    """The example on one symbol."""
    files = {path.name: path.read_bytes() for path in STRATEGY.iterdir() if path.is_file()}
    alone = files["strategy.yaml"].replace(b"[SPX, IXIC]", b"[SPX]")
    return Subject(
        name="sma_cross",
        path="strategies/sma_cross",
        change=Change.ADDED,
        tree="",
        files={**files, "strategy.yaml": alone},
    )


def measured(repeat: int) -> list[dict[str, float]]:
    """Rounds on one worker; the first one, which starts it, is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        more = {"ALGOOPS_EXECUTOR__WORKERS": "1", "ALGOOPS_STATE__DIR": folder}
        settings = load(ROOT / "config.yaml", env=more)
        policies = replace(load_policies(settings.policies), risk=RISK)
        executor = open_executor(settings, policies.sandbox)
        try:
            bench = open_bench(settings, policies, executor)
            subject = prepared()
            ready = prepare(subject, bench)
            if ready.definition.definition is None:
                sys.exit("the example has no valid definition")
            parameters = dict(ready.definition.definition.parameters)
            rules, task = ready.definition.rules, ready.tasks[0]
            job = backtest_of(subject.name, subject.files, rules, task, bench)
            return [one_round(bench, job, parameters) for _ in range(repeat + 1)][1:]
        finally:
            executor.close()


def main() -> int:
    """Measure and print; 1 where the walk took more than ten times one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    rounds = measured(given.repeat)
    middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    print(json.dumps(middle, indent=2))
    if given.json:
        given.json.write_text(json.dumps({"median": middle, "rounds": rounds}, indent=2))
    return 0 if middle["ratio_clock"] < TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
