"""Imports what jobs need, ahead of them: two seconds that no job waits for."""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("numpy", "pandas", "TA-Lib", "backtesting", "msgspec", "pytest", "tzdata")
"""Distributions that strategies and the guest need; the image and the binds carry these.

Bars may have any time zone, and nothing of the machine's own zones is inside.
"""

MODULES = ("numpy", "pandas", "talib", "talib.abstract", "backtesting", "backtesting.lib", "runpy")


def load() -> dict[str, str]:
    """Import everything; versions by distribution."""
    leave_out_plotting()
    with _zone_files():
        importlib.import_module("pandas")
    for name in MODULES:
        importlib.import_module(name)
    for name in (".jobs", ".script"):
        importlib.import_module(name, __package__)
    _first_use()
    backtest: Any = importlib.import_module("..replay.backtest", __package__)
    backtest.warm_up()
    return _versions()


def _versions() -> dict[str, str]:
    """By the names of the packages' own folders: `importlib.metadata` costs each guest 35 ms."""
    folders = (f for place in sys.path for f in Path(place).glob("*.dist-info"))
    found = dict(folder.stem.lower().split("-", 1) for folder in folders)
    return {name: found[name.lower().replace("-", "_")] for name in PACKAGES}


def leave_out_plotting() -> None:
    """`backtesting` imports its plots (and bokeh, a third of its start-up) at once.

    Plots are made outside, from results; in here the functions only say so.
    """
    stub: Any = types.ModuleType("backtesting._plotting")

    def outside(*_args: object, **_options: object) -> None:
        raise RuntimeError("there is no plotting in the sandbox: plots are made from the results")

    stub.plot = stub.plot_heatmaps = outside
    stub.set_bokeh_output = lambda *_args, **_options: None
    sys.modules.setdefault("backtesting._plotting", stub)


@contextlib.contextmanager
def _zone_files() -> Iterator[None]:
    """Let dateutil find UTC in a file: pandas asks for it while it is imported.

    Nothing of the machine's zones is inside, so dateutil would unpack its own archive of all of
    them: a fifth of a guest's start. Authors who ask for a zone later get it from that archive.
    """
    places: list[str] = importlib.import_module("dateutil.tz.tz").TZPATHS
    places.append(f"{Path(str(importlib.import_module('tzdata').__file__)).parent}/zoneinfo")
    try:
        yield
    finally:
        places.pop()


def _first_use() -> None:
    """Touch what is slow only the first time, so that no job pays for it."""
    import numpy as np  # noqa: PLC0415  # after the stub above
    import pandas as pd  # noqa: PLC0415
    import talib  # noqa: PLC0415

    index = pd.date_range("2000-01-01", periods=64)
    frame = pd.DataFrame({"Close": np.linspace(1.0, 2.0, 64)}, index=index)
    frame["Close"].rolling(5).mean()
    talib.SMA(frame["Close"].to_numpy(), 5)
