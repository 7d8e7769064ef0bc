"""The faults after a deploy: what each does to a data file, a strategy or the engine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.orders_support import CODE

DAYS, BACK, SEALED = 200, 198, 199

EACH_BAR = """
import datetime, os, random, secrets, time, uuid
import numpy as np
from backtesting import Strategy


class EachBar(Strategy):
    def init(self):
        pass

    def next(self):
        self.buy(size=1 + (SEED) % 97)
"""
ALWAYS = """
from backtesting import Strategy


class Always(Strategy):
    def init(self):
        pass

    def next(self):
        if self.position:
            self.position.close()
        else:
            self.buy(size=.5)
"""
"""Wants an order after every bar, whose size depends on what the account is worth."""

CHANCE = (
    "time.time_ns()",
    "time.perf_counter_ns() // 7",
    "time.monotonic_ns() // 3",
    "datetime.datetime.now().microsecond",
    "datetime.datetime.now().timestamp() * 1e6 // 1",
    "int.from_bytes(os.urandom(4), 'big')",
    "secrets.randbelow(10**6)",
    "uuid.uuid4().int",
    "random.SystemRandom().randrange(10**6)",
    "int(np.random.default_rng().integers(10**6))",
)
"""What a strategy may draw on: first clocks, then hidden randomness."""

CLOCKS = 5

Change = Callable[[pd.DataFrame, np.random.Generator], str]


@dataclass(frozen=True)
class Fault:
    """One fault under one strategy on a symbol of its own.

    Attributes:
        cause: what integrity has to say; "" where orders are only withheld.
        words: what has to be said of it.
        file: text of the data file at the next bar; None: nothing is wrong with it.
        before: the bars until then.
        code: of the strategy.
        other: engine or image that the next run has, with other fills.
    """

    kind: str
    cause: str
    words: str
    file: Change | None = None
    before: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame
    code: str = CODE
    other: str = ""


def changed(change: Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]) -> Change:
    return lambda frame, random: change(frame.copy(), random).to_csv()


def restated(column: str) -> Change:
    def change(frame: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
        at = frame.index[random.integers(20, BACK)]
        factor = {"High": 1.01, "Low": 0.99, "Volume": 3.0}.get(column, 1.0005)
        frame.loc[at, column] = round(frame.loc[at, column] * factor, 4)
        return frame

    return changed(change)


def adjusted(factor: float) -> Change:
    def change(frame: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
        until = int(random.integers(50, SEALED))
        frame.iloc[:until, :4] *= factor
        return frame

    return changed(change)


def lines(change: Callable[[list[str], np.random.Generator], list[str]]) -> Change:
    return lambda frame, random: "".join(change(frame.to_csv().splitlines(keepends=True), random))


def without_one(rows: list[str], random: np.random.Generator) -> list[str]:
    del rows[int(random.integers(20, BACK))]
    return rows


def moved(hours: int) -> Change:
    return changed(
        lambda frame, _: frame.set_axis(frame.index + pd.Timedelta(hours=hours)).rename_axis("Date")
    )


def same(frame: pd.DataFrame, _random: np.random.Generator) -> pd.DataFrame:
    return frame


def without(gap: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.drop(frame.index[gap])


def ahead(frame: pd.DataFrame, _random: np.random.Generator) -> pd.DataFrame:
    last = frame.index[-1]
    return pd.concat([frame, frame.iloc[-1:].set_axis([last + pd.Timedelta(days=2)])])


def bad_bar(rows: list[str], _random: np.random.Generator) -> list[str]:
    cells = rows[-1].split(",")
    return [*rows[:-1], ",".join([cells[0], "-3", *cells[2:]])]


def data_faults() -> Iterator[Fault]:
    """Bars of the past are other ones than they were."""
    was = "was restated"
    for column in ("Open", "High", "Low", "Close", "Close", "Volume"):
        yield Fault("restated bar", "data", f"{column} ", restated(column))
    for factor in (0.5, 1 / 3, 10.0):
        yield Fault("split", "data", was, adjusted(factor))
    for factor in (0.995, 0.99, 0.98):
        yield Fault("dividend taken off the past", "data", was, adjusted(factor))
    for hours in (-9, -5, -1):
        yield Fault("shifted zone", "data", was, moved(hours))
    for _ in range(4):
        yield Fault("missing bar", "data", "is not there any more", lines(without_one))
    for gap in (60, 120, 180):
        before = without(gap)
        yield Fault("bar that came after later ones", "data", was, changed(same), before)


def file_faults() -> Iterator[Fault]:
    """The file is not what it should be: there are no orders, and the reason is told."""
    late = Fault("late bar", "", "the data is late", changed(lambda frame, _: frame.iloc[:-1]))
    doubled = Fault("doubled bar", "", "is there twice", lines(lambda r, _: [*r, r[-1]]))
    swapped = lines(lambda r, _: [*r[:-2], r[-1], r[-2]])
    cut = Fault("file cut off", "", "cut off", lines(lambda r, _: [*r[:-1], r[-1][:-20]]))
    short = Fault("file ends early", "", "the file is not whole", lines(lambda r, _: r[:-3]))
    yield from [late] * 3 + [doubled] * 3 + [cut] * 3 + [short] * 2
    yield from [Fault("bars out of order", "", "comes after", swapped)] * 2
    yield Fault("bar of tomorrow", "", "has not come yet", changed(ahead))
    yield Fault("impossible bar", "", "must be above zero", lines(bad_bar))


def other_faults() -> Iterator[Fault]:
    """The data is the same, and other orders come."""
    for place, source in enumerate(CHANCE):
        kind = "wall clock" if place < CLOCKS else "hidden randomness"
        code = EACH_BAR.replace("SEED", f"int({source})")
        yield Fault(kind, "chance", "wants something else", code=code)
    version, packages = "the engine has another version", "has other Python packages"
    yield from [Fault("changed engine", "engine", version, code=ALWAYS, other="engine")] * 4
    yield from [Fault("changed image", "image", packages, code=ALWAYS, other="image")] * 4
    yield from [
        Fault("changed costs", "settings", "the policies make another backtest", code=ALWAYS)
    ] * 6
