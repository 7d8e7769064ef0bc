"""Cases as strategies of this project, through its own checks with the shipped policies."""

import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pandas as pd
from backtesting import Backtest, Strategy

from bot.checks.folders import folder_subject
from bot.checks.policies import load_policies
from bot.checks.strategy import Asked, check_strategy
from bot.config.settings import DataSettings, EngineSettings, Settings, StateSettings
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_bench
from components.schema.results.report import StrategyReport

ROOT = Path(__file__).parents[2]
ORDERS = Path(__file__).parent / "orders"
UNIVERSE = "universe"
"""The market of several symbols: one is listed late, one is delisted."""
INTERVALS = {"random_walk": "1m", UNIVERSE: "1d"}
"""Of the other verifier's markets; the rest are hours."""

DEFINITION = """\
name: {name}
description: a case of the benchmark
version: 1.0.0
schema_version: "2.0.0"
framework: {framework}
symbols: [{symbols}]
interval: {interval}
backtest: {{initial_capital: 10000000, trade_on_close: {at_close}, hedging: {at_close}}}
"""
HOLDS = '''\
"""Holds what signal(df) says: above zero long, below short; a fraction is a part of the money."""

import numpy as np
from backtesting import Strategy

from author import signal


def wanted(data):
    frame = data.df.rename(columns=str.lower).rename_axis("timestamp").reset_index()
    return np.nan_to_num(np.asarray(signal(frame), float))


class Holds(Strategy):
    def init(self):
        self.wanted = self.I(lambda close: wanted(self.data), self.data.Close, name="signal")

    def next(self):
        now, before = self.wanted[-1], self.wanted[-2]
        if now != before:
            self.position.close()
        if now != before and now:
            (self.buy if now > 0 else self.sell)(size=min(abs(now), 0.95))
'''

HOLDS_MANY = '''\
"""Holds what signal(df) says of each symbol that trades: above zero long, below short."""

import numpy as np
import pandas as pd
from algoops import PortfolioStrategy

from author import signal


def wanted(data):
    frames = [
        bars.df.rename(columns=str.lower).rename_axis("timestamp").reset_index().assign(symbol=s)
        for s, bars in data.items()
        if len(bars)
    ]
    frame = pd.concat(frames, ignore_index=True)
    said = pd.Series(np.nan_to_num(np.asarray(signal(frame.copy()), float)), frame.index)
    return {s: own.to_numpy() for s, own in said.groupby(frame["symbol"])}


class HoldsMany(PortfolioStrategy):
    def init(self):
        said = wanted(self.data)
        self.wanted = {
            s: self.I(lambda close, s=s: said[s], self.data[s].Close, name=s) for s in self.symbols
        }

    def next(self):
        asked = {s: float(self.wanted[s][-1]) for s in self.listed}
        whole = max(1.0, sum(map(abs, asked.values())))
        self.target({s: 0.95 * part / whole for s, part in asked.items()})
'''
"""The same for a signal(df) of several symbols, in a column `symbol`."""

NAMED = ("lookahead-", "data-", "not-deterministic", "random-unseeded")
"""Rules that name a lie where they only warn."""

Check = Callable[[Path], tuple[StrategyReport, float]]


def markets(given: Path, data: Path) -> None:
    """The other verifier's bars, and one of the shipped files, as a data folder."""
    data.mkdir()
    for file in given.glob("*.csv"):
        bars = pd.read_csv(file, parse_dates=["timestamp"])
        bars = bars.rename(columns=str.title).rename(columns={"Timestamp": "Date"})
        if "Volume" not in bars:
            bars["Volume"] = 1_000.0
        several = bars.groupby(bars.get("Symbol", pd.Series(_symbol(file.stem), bars.index)))
        for symbol, own in several:
            named = data / f"{symbol}_{_interval(file.stem)}.csv"
            own.drop(columns="Symbol", errors="ignore").to_csv(named, index=False)
    (data / "IXIC_1d.csv").write_bytes((ROOT / "examples/data/IXIC_1d.csv").read_bytes())


def _symbol(market: str) -> str:
    return market.upper().replace("_", "-")


def _interval(market: str) -> str:
    return INTERVALS.get(market, "1h")


def strategy(folder: Path, name: str, market: str, author: Path) -> Path:
    """A strategy's folder around a signal(df) that stays as its author wrote it."""
    made = folder / name
    made.mkdir(parents=True)
    several = market == UNIVERSE
    text = DEFINITION.format(
        name=name,
        framework="portfolio" if several else "backtesting.py",
        symbols=", ".join(f"S{number}" for number in range(6)) if several else _symbol(market),
        interval=_interval(market),
        at_close="false",
    )
    (made / "strategy.yaml").write_text(text)
    (made / "strategy.py").write_text(HOLDS_MANY if several else HOLDS)
    (made / "author.py").write_bytes(author.read_bytes())
    return made


def by_orders(folder: Path, file: Path) -> Path:
    """A strategy's folder around a whole strategy."""
    made = folder / file.stem
    made.mkdir(parents=True)
    text = DEFINITION.format(
        name=file.stem,
        framework="backtesting.py",
        symbols="IXIC",
        interval="1d",
        at_close="true",
    )
    (made / "strategy.yaml").write_text(text)
    (made / "strategy.py").write_bytes(file.read_bytes())
    return made


def order_cases() -> list[Path]:
    """Cases that are whole strategies, because what they try is in their orders."""
    return sorted(ORDERS.glob("*.py"))


def plain_return(file: Path) -> float:
    """What plain backtesting.py says of a strategy on the shipped days, in percent."""
    bars = pd.read_csv(ROOT / "examples/data/IXIC_1d.csv", index_col="Date", parse_dates=True)
    options = {"cash": 10_000_000, "trade_on_close": True, "hedging": True}
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    [author] = [c for c in vars(module).values() if isinstance(c, type) and c is not Strategy]
    stats = Backtest(bars, author, finalize_trades=True, **options).run()
    return float(stats["Return [%]"])


@contextmanager
def checks(work: Path, causality: str) -> Iterator[Check]:
    """A function that checks a folder, and tells how many seconds it took."""
    settings = Settings(
        policies=ROOT / "policies",
        data=DataSettings(dir=work / "bars"),
        state=StateSettings(dir=work / "state"),
        engine=EngineSettings(causality=causality),
    )
    policies = load_policies(settings.policies)
    executor = open_executor(settings, policies.sandbox)
    bench = open_bench(settings, policies, executor)

    def check(folder: Path) -> tuple[StrategyReport, float]:
        began = time.monotonic()
        asked = Asked(lambda _key: None, _quiet, Event())
        report = check_strategy(folder_subject(folder), bench, asked)
        return report, round(time.monotonic() - began, 2)

    try:
        yield check
    finally:
        executor.close()


def _quiet(*_told: object) -> None:
    """Nobody watches."""


def caught_by(report: StrategyReport) -> dict[str, str]:
    """Check or rule -> its first sentence, of all that accuses the code or doubts the data."""
    found = {}
    for check in report.checks:
        serious = [f for f in check.findings if f.severity == "error"]
        if check.name in {"schema", "code", "sandbox-test", "lookahead", "backtest"} and serious:
            found[str(check.name)] = f"{serious[0].rule}: {serious[0].message}"
        for finding in check.findings:
            if finding.rule.startswith(NAMED):
                found.setdefault(finding.rule, finding.message)
    return found


def rules(report: StrategyReport) -> Sequence[str]:
    """Rules of every finding, for the JSON."""
    return sorted({f"{c.name}:{f.rule}:{f.severity}" for c in report.checks for f in c.findings})
