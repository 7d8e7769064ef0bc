"""A guest without walls, for tests of what is said over the wire; and plain runs to compare with.

The walls have their own tests; here the real guest code runs in a forked process, over the real
framing, so that hundreds of strategies can be compared in seconds.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import tempfile
import time
import types
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from backtesting import Backtest
from backtesting.test import EURUSD, GOOG

from components.engine.market_data import FolderData
from components.engine.run import run_backtest
from components.ports import BacktestJob, GuestBroke, GuestExit, GuestGone, GuestJob, GuestLate
from components.sandbox.guest.runtime import loading
from components.sandbox.limits import processes
from components.schema.definition.backtest import BacktestConfig, CommissionScheme
from components.schema.results.values import ExecutionResult, Limits, ResourceUsage, Status
from tests import engine_guest

ROOT = Path(__file__).parent.parent
HEADER = struct.Struct(">I")


class ForkedGuest:
    """The guest's code in a child process: the same frames, no wall."""

    def __init__(self, job: GuestJob) -> None:
        self._job = job
        self._until = time.monotonic() + job.limits.wall_s
        self._ended: GuestExit | None = None
        self._cap = job.limits.frame_kb * 1024
        self._stdout = Path(tempfile.mkstemp(suffix=".out")[1])
        self._begin(job, self._stdout)

    def _begin(self, job: GuestJob, printed: Path) -> None:
        self._ours, theirs = socket.socketpair()
        self._folder = Path(tempfile.mkdtemp())
        with theirs:
            self._process = engine_guest.begin(job, theirs, self._folder, printed)

    def send(self, frame: bytes) -> None:
        try:
            self._ours.sendall(HEADER.pack(len(frame)) + frame)
        except OSError as error:
            raise GuestGone(str(error)) from error

    def receive(self) -> bytes:
        (length,) = HEADER.unpack(self._exactly(HEADER.size))
        if length > self._cap:
            raise GuestBroke(f"a frame of {length} bytes")
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            left = self._until - time.monotonic()
            if left <= 0:
                raise GuestLate("the time limit was reached")
            self._ours.settimeout(left)
            try:
                chunk = self._ours.recv(count - len(data))
            except TimeoutError as error:
                raise GuestLate("the time limit was reached") from error
            except OSError as error:
                raise GuestGone(str(error)) from error
            if not chunk:
                raise GuestGone("the guest's stream ended")
            data += chunk
        return data

    def watch(self):
        if time.monotonic() > self._until:
            raise GuestLate("too late")

    def cpu_s(self) -> float | None:
        return processes.cpu_s(self._process.pid)

    def part(self) -> None:
        """It has no processor to share."""

    def renew(self, spec: bytes, seed: int) -> None:
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._begin(replace(self._job, spec=spec, seed=seed), Path(os.devnull))

    def kill(self) -> None:
        if self._ended is None:
            self._process.kill()

    def finish(self) -> GuestExit:
        if self._ended is None:
            code = self._end()
            out = self._stdout.read_text()
            self._ended = GuestExit(
                status=Status.PASSED if code == 0 else Status.FAILED if code > 0 else Status.KILLED,
                exit_code=code if code >= 0 else None,
                signal=-code if code < 0 else None,
                stdout=out,
                stderr="",
                truncated=False,
                usage=ResourceUsage(),
            )
            shutil.rmtree(self._folder, ignore_errors=True)
            self._stdout.unlink(missing_ok=True)
        return self._ended

    def _end(self) -> int:
        self._ours.close()
        self._process.join()
        code = self._process.exitcode
        assert code is not None
        self._process.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ended is None:
            self.kill()
            self.finish()


class ForkingSandbox:
    """Opens `ForkedGuest`s."""

    backend = "none (tests)"
    image = "tests"

    def open(self, job: GuestJob) -> ForkedGuest:
        return ForkedGuest(job)

    def ping(self) -> str:
        return "here"

    def reap(self) -> int:
        return 0

    def close(self) -> None:
        pass


def write_data(folder: Path) -> FolderData:
    """GOOG, EURUSD, SPX and IXIC as files."""
    folder.mkdir(exist_ok=True)
    GOOG.to_csv(folder / "GOOG_1d.csv", index_label="Date")
    EURUSD.to_csv(folder / "EURUSD_1h.csv", index_label="Date")
    for name in ("SPX_1d.csv", "IXIC_1d.csv"):
        shutil.copy(ROOT / "examples" / "data" / name, folder / name)
    return FolderData(folder)


def run(  # noqa: PLR0913  # one argument a field of the job
    source: str,
    data: FolderData,
    *,
    symbol: str = "GOOG",
    interval: str = "1d",
    start: str | None = None,
    end: str | None = None,
    config: BacktestConfig | None = None,
    parameters: dict[str, object] | None = None,
    causality: str = "streamed",
    stream_cpu_s: float | None = None,
    look: bool = True,
    brief: bool = False,
    lookback: int | None = None,
    delay: int = 0,
    files: dict[str, bytes] | None = None,
    sandbox: object = None,
    name: str = "Test",
    limits: Limits | None = None,
    seed: int = 0,
    symbols: tuple[str, ...] = (),
    universe: bytes = b"",
    rules: str = "",
) -> ExecutionResult:
    job = BacktestJob(
        strategy=name,
        files={"strategy.py": source.encode(), **(files or {})},
        rules=rules,
        parameters=parameters or {},
        config=config or BacktestConfig(),
        symbol=symbol,
        interval=interval,
        start=start,
        end=end,
        limits=limits or Limits(),
        causality=causality,
        stream_cpu_s=stream_cpu_s,
        look=look,
        brief=brief,
        lookback=lookback,
        delay=delay,
        seed=seed,
        symbols=symbols,
        universe=universe,
    )
    return run_backtest(job, sandbox or ForkingSandbox(), data)


def plain(  # noqa: PLR0913  # as run
    source: str,
    data: FolderData,
    *,
    symbol: str = "GOOG",
    interval: str = "1d",
    start: str | None = None,
    end: str | None = None,
    config: BacktestConfig | None = None,
    parameters: dict[str, object] | None = None,
    name: str = "Test",
) -> pd.Series:
    """The same strategy by `backtesting.Backtest`, in this process."""
    config = config or BacktestConfig()
    module = types.ModuleType("strategy")
    exec(compile(source, "strategy.py", "exec"), module.__dict__)
    scheme = config.commission
    commission = (
        (scheme.fixed, scheme.pct) if isinstance(scheme, CommissionScheme) else float(scheme)
    )
    frame = data.bars(symbol, interval, start, end).frame
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import random

        random.seed(0)
        np.random.seed(0)  # noqa: NPY002  # as the guest does
        return Backtest(
            frame,
            loading.choose(module, name),
            cash=config.initial_capital,
            spread=config.slippage,
            commission=commission,
            margin=config.margin,
            trade_on_close=config.trade_on_close,
            hedging=config.hedging,
            exclusive_orders=config.exclusive_orders,
            finalize_trades=config.finalize_trades,
        ).run(**(parameters or {}))


def assert_same(result: ExecutionResult, stats: pd.Series, unlike: tuple = ()) -> None:
    """Trades row by row, equity and statistics to 1e-9."""
    from components.engine.result import equity_of, metrics_of, trades_of

    assert result.status is Status.PASSED, (result.message, result.traceback)
    expected = trades_of(stats)
    assert len(result.trades) == len(expected)
    for ours, theirs in zip(result.trades, expected, strict=True):
        assert _close(ours.model_dump(), theirs.model_dump()), (ours, theirs)
    ours = result.metrics.model_dump(exclude=set(unlike))
    assert _close(ours, metrics_of(stats).model_dump()), (result.metrics, metrics_of(stats))
    curve = equity_of(stats, pd.Series([1.0, 1.0], index=stats["_equity_curve"].index[[0, -1]]))
    assert [p.time for p in result.equity] == [p.time for p in curve]
    np.testing.assert_allclose(
        [p.equity for p in result.equity], [p.equity for p in curve], rtol=1e-9
    )


def _close(one: dict, two: dict) -> bool:
    for key, value in one.items():
        other = two[key]
        if isinstance(value, float) and isinstance(other, float):
            if not np.isclose(value, other, rtol=1e-9, atol=1e-12):
                return False
        elif value != other:
            return False
    return True
