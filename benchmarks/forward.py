"""Faults after a deploy, each named at the next bar, and how often sound strategies are accused.

Sixty-one seeded faults and forty sound strategies go through the real look at what is deployed, the
real engine and guest (without a sandbox backend): one bar is sealed, then the fault comes with the
next one. Returns since the deploy are simulated: a backtest of five years, then the year after it.
And the orders of a thousand bars, each of a run of its own that ends there, are compared with
those of one run over all.

`python -m benchmarks.forward [--sound N] [--bars N] [--json FILE]`

With `--sheets N` only this: order sheets of N deployed strategies after one data update, twenty
years of days each, in bubblewrap; and the same runs alone.
"""

import argparse
import json
import math
import sys
import tempfile
import warnings
from collections import Counter
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.forward_faults import (
    BACK,
    DAYS,
    SEALED,
    Fault,
    data_faults,
    file_faults,
    other_faults,
)
from benchmarks.forward_sheets import many_sheets
from bot.checks.policies import load_policies
from bot.config.settings import load
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_world
from bot.demo.stage import set_stage
from bot.deploy.drift import base_moved
from components.engine.evidence.since import Promised, since_deploy
from components.engine.evidence.track import bootstrap
from components.engine.market_data import FolderData
from components.executor.run import run_job
from components.ports import BacktestJob
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import ExecutionResult, Limits
from tests.engine_support import ForkingSandbox
from tests.orders_support import BASE, CODE, DEFINITION, Ground, HereExecutor, bars, old

SOUND = 40
WARM_UP = 50
YEAR, BACKTEST_YEARS = 252, 5
MOST_ALARMS = 0.05


class ChangedExecutor(HereExecutor):  # type: ignore[misc]  # tests have no types
    """Runs jobs here; of some strategies with another engine or image, once told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.other: dict[str, str] = {}

    def submit(
        self, job: BacktestJob, hear: object = None, turn: object = None
    ) -> Future[ExecutionResult]:
        other = self.other.get(job.strategy, "")
        if other:  # another engine fills otherwise; other packages count otherwise
            text = job.files["strategy.py"]
            job = replace(
                job, files={**job.files, "strategy.py": text.replace(b"size=.5", b"size=.4")}
            )
        future = super().submit(job, hear, turn)
        if other:
            result = future.result()
            made = result.provenance.model_copy(update={other: f"the next {other}"})
            future = Future()
            future.set_result(result.model_copy(update={"provenance": made}))
        return future


def deploy(ground: Ground, names: dict[str, Fault]) -> None:
    """All on the base at once, each on a symbol called like it."""
    ground.stage.author.start("work")
    for name, fault in names.items():
        folder = ground.stage.author.folder / "strategies" / name
        folder.mkdir(parents=True)
        text = DEFINITION.replace("NAME", name).replace("SYMBOLS", name.upper())
        (folder / "strategy.yaml").write_text(text)
        (folder / "strategy.py").write_text(fault.code)
    ground.stage.author.push("main", "Strategies with a fault to come")
    base_moved(ground.world, BASE)


def run_faults() -> list[tuple[Fault, dict[str, object]]]:
    """Each fault, and the order sheet after it; sound strategies stand for the faults of none."""
    sound = Fault("sound", "", "")
    every = [*data_faults(), *file_faults(), *other_faults(), *[sound] * SOUND]
    named = {f"f{place:03}": fault for place, fault in enumerate(every)}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stage = set_stage(Path(folder) / "stage", 0, on_base=())
        settings = load(stage.config, env={"ALGOOPS_SANDBOX__WARM": "0"})
        executor = open_executor(settings, load_policies(settings.policies).sandbox)
        stack.callback(executor.close)
        ground = Ground(
            stage, stack.enter_context(open_world(settings, executor)), Path(folder) / "data"
        )
        ground.executor = ChangedExecutor(ground.folder)
        bench = replace(ground.world.bench, executor=ground.executor)
        ground.world = replace(ground.world, bench=bench)
        whole = {name: bars(DAYS, seed=place) for place, name in enumerate(named)}
        for count in (BACK, SEALED):
            for name, fault in named.items():
                ground.write(fault.before(whole[name].iloc[:count]), name.upper())
            if count == BACK:
                deploy(ground, named)
            ground.look()
        _break(ground, named, whole)
        ground.look()
        return [(fault, ground.sheet(name)) for name, fault in named.items()]


def _break(ground: Ground, named: dict[str, Fault], whole: dict[str, pd.DataFrame]) -> None:
    """The next bar, with the faults; those of the costs come last and alone."""
    costs = [name for name, fault in named.items() if fault.cause == "settings"]
    for place, (name, fault) in enumerate(named.items()):
        if name not in costs:
            text = (fault.file or (lambda frame, _: frame.to_csv()))(
                whole[name], np.random.default_rng(place)
            )
            path = ground.folder / f"{name.upper()}_1d.csv"
            path.write_text(text)
            old(path)
    ground.executor.other = {name: fault.other for name, fault in named.items() if fault.other}
    ground.look()
    policies = ground.world.bench.policies
    floors = policies.risk.floors.model_copy(update={"commission_pct": 0.01, "slippage": 0.01})
    other = replace(policies, risk=policies.risk.model_copy(update={"floors": floors}))
    ground.world = replace(ground.world, bench=replace(ground.world.bench, policies=other))
    for name in costs:
        ground.write(whole[name], name.upper())


def is_named(fault: Fault, sheet: dict[str, object]) -> bool:
    """Whether the sheet says what is wrong; of a sound one, that nothing is."""
    integrity = sheet["integrity"]
    if fault.cause:
        return (
            isinstance(integrity, dict)
            and integrity["cause"] == fault.cause
            and fault.words in integrity["message"]
        )
    said = str(sheet["reason"])
    return integrity is None and (fault.words in said if fault.words else not said)


def one_by_one(count: int) -> int:
    """How many of the last so many bars have other orders in a run that ends there."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        whole = bars(count + WARM_UP, seed=1)
        whole.to_csv(Path(folder) / "AAA_1d.csv")
        data, sandbox = FolderData(Path(folder)), ForkingSandbox()
        job = BacktestJob(
            strategy="one",
            files={"strategy.py": CODE.encode()},
            rules="",
            parameters={},
            config=BacktestConfig(),
            symbol="AAA",
            interval="1d",
            start=None,
            end=None,
            limits=Limits(),
            sheets_since=0,
        )
        sheets = run_job(job, sandbox, data).sheets[WARM_UP:]
        ends = [replace(job, end=sheet.time[:10], sheets_since=1 << 62) for sheet in sheets]
        found = [run_job(one, sandbox, data).sheets for one in ends]
    return sum(one != (sheet,) for one, sheet in zip(found, sheets, strict=True))


# --- the edge ----------------------------------------------------------------------------------


def returns(random: np.random.Generator, sharpe: float, count: int, kind: int) -> np.ndarray:
    """Of days, at 16 % a year: normal, with heavy tails, or calm and wild by turns."""
    noise = random.standard_normal(count)
    if kind == 1:
        noise = random.standard_t(4, count) / math.sqrt(2)
    if kind == 2:  # noqa: PLR2004  # the third
        spread = np.exp(0.5 * np.sin(np.arange(count) / 40 + random.uniform(0, 6)))
        noise *= spread / math.sqrt(float(np.mean(spread**2)))
    return (sharpe / math.sqrt(YEAR) + noise) * 0.16 / math.sqrt(YEAR)


def simulated(count: int, keeps: float, years: int) -> Counter[str]:
    """What is said of strategies at any bar after the deploy; `keeps`: of their Sharpe ratio."""
    said: Counter[str] = Counter()
    for number in range(count):
        random = np.random.default_rng(number)
        sharpe, kind = random.uniform(0.3, 2.0), number % 3
        past = returns(random, sharpe, BACKTEST_YEARS * YEAR, kind)
        span = bootstrap(past, past, YEAR)[0]
        if span is None:
            raise ArithmeticError("a simulated backtest has no interval")
        promised = Promised(span.low, span.high, float(past.std()) * math.sqrt(YEAR), YEAR)
        since = returns(random, keeps * sharpe, years * YEAR, kind)
        said[since_deploy(since.tolist(), promised).says] += 1
    return said


def main() -> int:
    """Measure and print; 1 where a fault was not named, or too many sound ones were accused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sound", type=int, default=1_000)
    parser.add_argument("--bars", type=int, default=1_000)
    parser.add_argument("--sheets", type=int, default=0)
    given = parser.parse_args()
    if given.sheets:
        print(json.dumps(many_sheets(given.sheets), indent=2))
        return 0
    warnings.simplefilter("ignore")  # of cancelled orders
    told = run_faults()
    kinds: dict[str, list[bool]] = {}
    for fault, sheet in told:
        kinds.setdefault(fault.kind, []).append(is_named(fault, sheet))
        if not kinds[fault.kind][-1]:
            print(f"NOT NAMED: {fault.kind}: {sheet['reason']!r} {sheet['integrity']!r}")
    rows = {kind: f"{sum(found)} of {len(found)}" for kind, found in kinds.items()}
    edges = {
        f"{words}, {years} years": simulated(given.sound, keeps, years)["below the band"]
        / given.sound
        for words, keeps, years in (
            ("sound", 1.0, 1),
            ("edge gone", 0.0, 1),
            ("edge gone", 0.0, 5),
            ("edge turned round", -1.0, 1),
            ("edge turned round", -1.0, 5),
        )
    }
    other = one_by_one(given.bars)
    document = {
        "named at the next bar": rows,
        "below the band": edges,
        "bars with other orders one by one": f"{other} of {given.bars}",
    }
    print(json.dumps(document, indent=2))
    if given.json:
        given.json.write_text(json.dumps(document, indent=2))
    named = all(all(found) for found in kinds.values())
    return 0 if named and not other and edges["sound, 1 years"] <= MOST_ALARMS else 1


if __name__ == "__main__":
    sys.exit(main())
