"""Deployed strategies on data that grows: the real engine and guest, without walls."""

import datetime as dt
import json
import os
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pandas as pd
import pytest
import yaml

from bot.deploy.drift import base_moved
from bot.forward import follow as follow_module
from bot.forward.follow import follow
from bot.forward.send import ID
from components.engine.market_data import FolderData
from components.executor.run import run_job
from components.schema.results.report import Change, StrategyReport
from components.schema.results.values import ExecutionResult, Verdict
from components.state.orders import sheets
from components.state.tables.records import Job
from tests.engine_support import ForkingSandbox

BASE = Job(1, "base", "demo", "demo", {}, "leased", 0, 1, 3, "", "")
FOLLOW = replace(BASE, id=2, kind="forward")
DEFINITION = """
name: NAME
description: Long above an average of closes, else in cash.
version: 1.0.0
symbols: [SYMBOLS]
interval: 1d
"""
CODE = """
from backtesting import Strategy
import talib


class Above(Strategy):
    def init(self):
        self.calm = self.I(talib.SMA, self.data.Close, 5)

    def next(self):
        close = self.data.Close[-1]
        if close > self.calm[-1] and not self.position:
            self.buy(size=.5, sl=close * .8)
        elif close < self.calm[-1]:
            self.position.close()
"""


class HereExecutor:
    """Runs jobs at once in this process, and counts them.

    `alike`: a job that differs only in its strategy's name from one before has that one's result.
    """

    def __init__(self, folder):
        self._data, self.jobs, self.alike, self._known = FolderData(folder), [], False, {}

    def submit(self, job, hear=None, turn=None) -> Future[ExecutionResult]:
        del hear, turn
        self.jobs.append(job)
        future: Future[ExecutionResult] = Future()
        if not self.alike:
            future.set_result(run_job(job, ForkingSandbox(), self._data))
            return future
        data = self._data.data_hash(job.symbol, job.interval, job.start, job.end)
        key = (job.files["strategy.py"], job.sheets_since, data)
        if key not in self._known:
            self._known[key] = run_job(job, ForkingSandbox(), self._data)
        future.set_result(self._known[key])
        return future

    def prepare(self):
        """Nothing to start."""

    def describe(self):
        return {"backend": "none (tests)", "image": "tests", "workers": 1}

    def close(self):
        """Nothing to stop."""


def bars(count, *, until=None, seed=7):
    """Daily bars, weekends too; the last one is of `until` (default: yesterday)."""
    last = pd.Timestamp(until or dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1))
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, 2_000)))[:count]
    frame = pd.DataFrame({"Open": walk, "High": walk * 1.01, "Low": walk * 0.99, "Close": walk})
    frame["Volume"] = 1_000.0
    return frame.set_axis(pd.date_range(end=last, periods=count, name="Date")).round(4)


def definition(name, symbols="AAA", version="1.0.0"):
    """The text of a strategy.yaml."""
    text = DEFINITION.replace("NAME", name).replace("SYMBOLS", symbols)
    return text.replace("1.0.0", version)


def write_bars(folder, frame, symbol="AAA", interval="1d"):
    """A file of bars, as an import writes it: beside it, then renamed."""
    path = folder / f"{symbol}_{interval}.csv"
    beside = path.with_suffix(".new")
    frame.to_csv(beside)
    beside.replace(path)
    return path


class Ground:
    """A world with a data folder of its own, strategies on the base, and one look after another."""

    def __init__(self, stage, world, folder, **more):
        folder.mkdir(exist_ok=True)
        self.stage, self.folder = stage, folder
        self.executor = HereExecutor(folder)
        bench = replace(world.bench, data=FolderData(folder), executor=self.executor, image="tests")
        self.world = replace(world, bench=bench, **more)
        self.whole = bars(60)

    def deploy(self, *names, symbols="AAA", code=CODE, version="1.0.0", files=()):
        """Strategies on the base, as somebody who pushes to it; `files`: further ones of each."""
        self.stage.author.start("work")
        for name in names:
            folder = self.stage.author.folder / "strategies" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "strategy.yaml").write_text(definition(name, symbols, version))
            (folder / "strategy.py").write_text(code)
            for path, content in files:
                (folder / path).write_text(content)
        self.stage.author.push("main", f"{', '.join(names)} {version}")
        base_moved(self.world, BASE)

    def write(self, frame, symbol="AAA", interval="1d"):
        """See `write_bars`."""
        return write_bars(self.folder, frame, symbol, interval)

    def bars(self, count):
        """The first so many bars that have their end at yesterday when 60 are there."""
        return self.whole.iloc[:count]

    def look(self):
        """One look at all that is deployed; how many runs it took."""
        before = len(self.executor.jobs)
        follow(self.world, FOLLOW)
        return len(self.executor.jobs) - before

    def sheets(self, name):
        return sheets(self.world.store, "demo", name)

    def sheet(self, name):
        (found,) = self.sheets(name)
        return found

    def record(self, name):
        (one,) = self.world.store.forward.all_standing("demo", name)
        return self.world.store.forward.sealed(one.track)

    def queued(self, kind):
        """Jobs of a kind that wait, and take them."""
        found = []
        while (job := self.world.store.jobs.lease("test", 60, [kind])) is not None:
            self.world.store.jobs.complete(job.id, "test")
            found.append(job)
        return found


class Receiver:
    """Takes messages on a port of its own; answers with the next of `answers`, then 200."""

    def __init__(self):
        self.taken, self.answers, self.came = [], [], threading.Condition()
        self.endless = False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.came:
                    receiver.taken.append((dict(self.headers), body))
                    receiver.came.notify_all()
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()
                with suppress(OSError):  # the other side has gone
                    while receiver.endless:
                        self.wfile.write(b"more" * 1_000)

            def log_message(self, *_words):
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/orders"

    def documents(self):
        """By id, as a receiver keeps them that looks at the id first."""
        return {headers[ID]: json.loads(body) for headers, body in self.taken}

    def wait(self, count):
        with self.came:
            assert self.came.wait_for(lambda: len(self.taken) >= count, 20)

    def close(self):
        self.endless = False
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class _Cut(BaseException):
    """The power goes."""


def cut_a_look(ground, monkeypatch, point):
    """A look that ends at one of its steps, and the next one: nothing is lost and none doubled."""

    def cut(name):
        if name == point:
            raise _Cut

    with monkeypatch.context() as broken:
        broken.setattr(follow_module, "failpoint", cut)
        with pytest.raises(_Cut):
            follow(ground.world, FOLLOW)
    number = ground.sheet("one")["number"]
    ground.look()
    assert ground.sheet("one")["reason"] == ""
    assert ground.sheet("one")["number"] == number + (point == "forward.ran")
    assert len(ground.record("one")) == 3
    assert len(ground.queued("note")) == 1


def backtested(ground):
    """The report on what is deployed as "one", with a real backtest on the bars of now."""
    job = replace(ground.executor.jobs[-1], sheets_since=None)
    result = run_job(job, ForkingSandbox(), FolderData(ground.folder))
    store = ground.world.store
    tree = store.deployments.current("demo", "one").tree
    report = StrategyReport(
        name="one",
        path="",
        change=Change.ADDED,
        tree=tree,
        content_key="key",
        verdict=Verdict.PASSED,
        results=(result,),
    )
    store.verdicts.put("key", "one", "1.0.0", Verdict.PASSED, report.model_dump_json())
    store.versions.put("demo", "one", "1.0.0", tree=tree, content_key="key")
    return report


def set_action(stage, action):
    """Have the policy say what follows when something deployed fails."""
    policy = stage.folder / "policies" / "risk.yaml"
    document = yaml.safe_load(policy.read_text())
    policy.write_text(yaml.safe_dump({**document, "recheck": {"action": action}}))


def old(path, seconds=3_600):
    """Have a file look as if nobody had written to it for so long."""
    then = time.time() - seconds
    os.utime(path, (then, then))
