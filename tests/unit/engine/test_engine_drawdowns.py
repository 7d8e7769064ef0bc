"""Drawdowns found in one call are the package's own, value by value and type by type."""

from importlib.util import find_spec, module_from_spec

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from components.engine import drawdowns


def _own():
    """The package's function, also where a backtest in this process has put ours in its place."""
    spec = find_spec("backtesting._stats")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.compute_drawdown_duration_peaks


PACKAGE = _own()
MOVES = st.lists(st.sampled_from((0.9, 0.97, 1.0, 1.01, 1.2)), min_size=1, max_size=60)
INDICES = st.sampled_from(
    (
        lambda n: pd.date_range("2020-01-01", periods=n, freq="B"),
        lambda n: pd.date_range("2020-03-28", periods=n, freq="1min", unit="s"),
        lambda n: pd.date_range("2020-03-28", periods=n, freq="7h", tz="Europe/Berlin", unit="us"),
        lambda n: pd.date_range("2020-01-01", periods=n, freq="13min", unit="ms"),
    )
)


@given(MOVES, INDICES)
@example([1.0], lambda n: pd.date_range("2020-01-01", periods=n))
@example([0.9, 0.9, 1.2, 1.2], lambda n: pd.date_range("2020-01-01", periods=n))
def test_any_equity_has_the_packages_drawdowns(moves, index_of):
    equity = 1000 * np.cumprod([1.0, *moves])
    fall = pd.Series(1 - equity / np.maximum.accumulate(equity), index=index_of(len(equity)))
    for ours, theirs in zip(drawdowns.durations_and_peaks(fall), PACKAGE(fall), strict=True):
        pd.testing.assert_series_equal(ours, theirs, check_freq=False, rtol=0, atol=0)


def test_an_equity_that_is_undefined_in_part_has_the_packages_drawdowns():
    fall = pd.Series([0.0, 0.1, np.nan, 0.2, 0.0, np.nan, np.nan, 0.0, 0.3])
    fall.index = pd.date_range("2020-01-01", periods=len(fall))
    for ours, theirs in zip(drawdowns.durations_and_peaks(fall), PACKAGE(fall), strict=True):
        pd.testing.assert_series_equal(ours, theirs, check_freq=False)
