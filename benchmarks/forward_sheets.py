"""Order sheets of many deployed strategies after one data update, beside the same runs alone."""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks._cpu import adopt_orphans, tree_s
from bot.checks.policies import load_policies
from bot.config.settings import load
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_world
from bot.demo.life import UNTIL
from bot.demo.market import ComingBars
from bot.demo.stage import EXAMPLES, change, set_stage
from bot.deploy.drift import base_moved
from bot.forward.follow import follow
from bot.forward.send import write_notes
from components.ports import NO_TURN, Executor, Hear, Job, Turn
from components.schema.results.values import ExecutionResult
from tests.orders_support import BASE, DEFINITION, FOLLOW, Ground

ENV = {"ALGOOPS_SANDBOX__BACKEND": "bubblewrap", "ALGOOPS_SANDBOX__WARM": "0"}


@dataclass
class Recording:
    """An executor that notes the jobs that it passes on."""

    executor: Executor
    jobs: list[Job] = field(default_factory=list)

    def submit(
        self, job: Job, hear: Hear | None = None, turn: Turn = NO_TURN
    ) -> Future[ExecutionResult]:
        self.jobs.append(job)
        return self.executor.submit(job, hear, turn)


def many_sheets(count: int) -> dict[str, object]:
    """Deploy so many strategies of twenty years of days, bring one bar, and measure."""
    adopt_orphans()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stage = set_stage(Path(folder) / "stage", 0, on_base=())
        change(stage.config, {"data": {"dir": "data"}})
        market = ComingBars(stage.folder / "data", EXAMPLES / "data", UNTIL)
        settings = load(stage.config, env=ENV)
        policy = load_policies(settings.policies).sandbox
        executor, fresh = open_executor(settings, policy), open_executor(settings, policy)
        stack.callback(executor.close)
        stack.callback(fresh.close)
        world = stack.enter_context(open_world(settings, executor))
        ground = Ground(stage, world, stage.folder / "data")
        _deploy(ground, [f"s{number:03}" for number in range(count)])
        ground.executor.alike = True  # the first sheets are no part of what is measured
        ground.look()
        ground.queued("note")
        market.next_day()
        real = Recording(executor)
        ours = replace(ground.world, bench=replace(ground.world.bench, executor=real))
        whole = _measured(lambda: follow(ours, FOLLOW))
        notes = ground.queued("note")
        noted = _measured(lambda: [write_notes(ours, job) for job in notes])
        executor.close()
        alone = _measured(lambda: _run(fresh, real.jobs))  # no instance knows their content
        sheets = [ground.sheet(f"s{number:03}") for number in range(count)]
        return {
            "sheets": count,
            "without orders": sum(bool(sheet["reason"]) for sheet in sheets),
            "runs": len(real.jobs),
            "from the bar to the last sheet": _figures(whole, count),
            "notes": _figures(noted, count),
            "the same runs alone": _figures(alone, count),
            "ratio": {
                name: round(ours / theirs, 2)
                for name, ours, theirs in zip(("wall", "CPU"), whole, alone, strict=True)
            },
        }


def _deploy(ground: Ground, names: Sequence[str]) -> None:
    """Each with content of its own, so that no two share a sandbox instance."""
    code = (EXAMPLES / "strategies" / "sma_cross" / "strategy.py").read_text()
    for name in names:
        ground.stage.author.start("work")
        folder = ground.stage.author.folder / "strategies" / name
        folder.mkdir(parents=True)
        text = DEFINITION.replace("NAME", name).replace("SYMBOLS", "SPX")
        (folder / "strategy.yaml").write_text(text)
        (folder / "strategy.py").write_text(code)
        (folder / "notes.txt").write_text(name)
        ground.stage.author.push("main", name)
    base_moved(ground.world, BASE)


def _run(executor: Executor, jobs: Sequence[Job]) -> None:
    for future in [executor.submit(job) for job in jobs]:
        future.result()


def _measured(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of CPU, of this process and all that it started."""
    began, used = time.perf_counter(), tree_s(os.getpid())
    call()
    return time.perf_counter() - began, tree_s(os.getpid()) - used


def _figures(measured: tuple[float, float], count: int) -> dict[str, float]:
    wall, cpu = measured
    return {
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
        "cpu_s_a_sheet": round(cpu / count, 3),
    }
