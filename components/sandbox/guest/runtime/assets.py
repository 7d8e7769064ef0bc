"""`self.asset("levels.csv")`: data files of the strategy's own folder.

They are read once, before any of the author's code runs, so that they stay what was checked in.
Nothing in them is run: no pickle, in whatever format.
"""

from __future__ import annotations

import copy
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class AssetError(Exception):
    """A data file that can't be had; the message says which ones can."""

    __module__ = "builtins"  # a traceback names it without our package


def _arrays(content: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def _table(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content))


def _columns(content: bytes) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(content))


_READERS: dict[str, Callable[[bytes], Any]] = {
    ".csv": _table,
    ".json": json.loads,
    ".npz": _arrays,
    ".parquet": _columns,
}


def install(folder: Path) -> None:
    """Give `Strategy` its method `asset`, for the data files of this folder."""
    paths = [p for p in sorted(folder.rglob("*")) if p.suffix in _READERS and p.is_file()]
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    read: dict[str, Any] = {}

    def asset(_self: Strategy, name: str) -> Any:
        """The content of a data file: a DataFrame (.csv, .parquet), arrays (.npz), or values."""
        if name not in contents:
            known = ", ".join(contents) or "none"
            raise AssetError(f"there is no data file {name!r} in the strategy's folder: {known}")
        if name not in read:
            read[name] = _READERS[name[name.rindex(".") :]](contents[name])
        return copy.deepcopy(read[name])

    Strategy.asset = asset
