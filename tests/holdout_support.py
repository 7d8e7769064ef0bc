"""A bot on data of its own, whose policy seals the end of it."""

from concurrent.futures import Future
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pandas as pd
import yaml

from bot.config.settings import load
from bot.daemon.opening import open_world
from bot.proposals.check import check_proposal
from components.engine.market_data import FolderData
from components.executor.run import run_job
from components.schema.results.report import Report
from components.state.tables.records import Job
from tests.engine_support import ForkingSandbox
from tests.stage_support import new_stage

SEALED_FROM = "2016-01-01"
SECRET = "attack at dawn"
DEFINITION = """name: alpha
version: 1.0.0
description: holds, and says what it sees
symbols: [SPX]
"""
STRATEGY = f"""
import logging
import warnings

import numpy as np
from backtesting import Strategy


class Alpha(Strategy):
    def init(self):
        pass

    def next(self):
        if self.data.Volume[-1] == 666:
            print("{SECRET}")
            warnings.warn("{SECRET}")
            logging.getLogger("x").error("{SECRET}")
            with open("{SECRET}.txt", "w") as file:
                file.write("{SECRET}")
            self.hoard = np.ones(20_000_000)
            for number in range(3_000_000):
                number * number
            self.buy(size=1, tag="{SECRET}")
            raise ValueError("{SECRET}")
        if not self.position:
            self.buy()
"""


def market(folder, sealed_drift, volume=0):
    """Three years of weekdays that rise with noise; what is sealed of them drifts as told."""
    folder.mkdir()
    times = pd.bdate_range("2014-01-01", "2017-06-30", name="Date")
    chance = np.random.default_rng(3).normal(0, 0.004, len(times))
    sealed = times >= SEALED_FROM
    close = 10 * np.exp(np.cumsum(chance + np.where(sealed, sealed_drift, 0.001)))
    opening = np.append(10, close[:-1])
    frame = pd.DataFrame(
        {
            "Open": opening,
            "High": np.maximum(opening, close) * 1.001,
            "Low": np.minimum(opening, close) * 0.999,
            "Close": close,
            "Volume": np.where(sealed, volume, 1),
        },
        index=times,
    )
    frame.to_csv(folder / "SPX_1d.csv")


class Inline:
    """Runs each job at once, in a guest that is a forked process of these tests."""

    def __init__(self, data):
        self._data = data
        self.labels = []

    def submit(self, job, hear=None, *_turn):
        self.labels.append(job.label)
        done = Future()
        done.set_result(run_job(job, ForkingSandbox(), self._data))
        return done

    def describe(self):
        return {"available": True, "backend": "none (tests)", "image": "tests", "workers": 1}


@contextmanager
def bot(tmp_path, name, *, drift, volume=0, severity="warn", looks=3, shown="never"):
    """A world on its own data, whose policy seals the end of it."""
    stage = new_stage(tmp_path / name)
    market(stage.folder / "data", drift, volume)
    config = yaml.safe_load(stage.config.read_text())
    stage.config.write_text(yaml.safe_dump({**config, "data": {"dir": "data"}}))
    policies = stage.folder / "policies"
    holdout = {"from": SEALED_FROM, "looks": looks, "severity": severity, "shown": shown}
    (policies / "risk.yaml").write_text(yaml.safe_dump({"holdout": holdout}))
    code = yaml.safe_load((policies / "code.yaml").read_text())
    code["rules"] = {"builtin-closed": "warn"}
    (policies / "code.yaml").write_text(yaml.safe_dump(code))
    settings = load(stage.config, env={})
    executor = Inline(FolderData(stage.folder / "data"))
    with open_world(settings, executor) as world:
        yield SimpleNamespace(stage=stage, world=world, settings=settings, executor=executor)


def push(stage, branch="one", more=""):
    stage.author.start(branch)
    folder = stage.author.folder / "strategies" / "alpha"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "strategy.yaml").write_text(DEFINITION)
    (folder / "strategy.py").write_text(STRATEGY + more)
    stage.author.push(branch, "alpha")


def check(world, branch="one", number=1, **payload):
    proposal = f"branch/{branch}"
    job = Job(
        number, "check", proposal, "demo", {"proposal": proposal, **payload}, "leased", 0, 1, 3,
        "", "",
    )  # fmt: skip
    check_proposal(world, job)
    return reported(world, branch)


def reported(world, branch="one"):
    run = world.store.runs.latest("demo", f"branch/{branch}", finished=True)
    return Report.model_validate_json(run.report)
