"""The guest's short ways through pandas give what pandas gives, to the bit."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import backtesting.lib
import numpy as np
import pandas as pd
import pytest
from backtesting._util import _Array, _Indicator
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pandas.core.indexers.objects import FixedWindowIndexer  # type: ignore[attr-defined]
from pandas.core.window.rolling import BaseWindow

from components.sandbox.guest.replay import lean

FLOATS = arrays(
    "<f8",
    st.integers(0, 60),
    elements=st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, -np.inf, 0.0])),
)
SHAPES: dict[str, Callable[[pd.Series, int], pd.Series]] = {
    "mean": lambda s, n: s.rolling(n).mean(),
    "sum": lambda s, n: s.rolling(n, min_periods=1).sum(),
    "std": lambda s, n: s.rolling(n).std(),
    "var": lambda s, n: s.rolling(n).var(ddof=0),
    "min": lambda s, n: s.rolling(n).min(),
    "max": lambda s, n: s.rolling(n).max(),
    "median": lambda s, n: s.rolling(n).median(),
    "skew": lambda s, n: s.rolling(n).skew(),
    "rank": lambda s, n: s.rolling(n).rank(),
    "quantile": lambda s, n: s.rolling(n).quantile(0.3),
    "count": lambda s, n: s.rolling(n).count(),
    "apply": lambda s, n: s.rolling(n).apply(np.nanmax, raw=True),
    "corr": lambda s, n: s.rolling(n).corr(s.shift(1)),
    "centred": lambda s, n: s.rolling(n, center=True).mean(),
    "closed": lambda s, n: s.rolling(n, closed="left").mean(),
    "stepped": lambda s, n: s.rolling(n, step=2).mean(),
    "expanding": lambda s, n: s.expanding(min_periods=n).mean(),
    "ewm": lambda s, n: s.ewm(span=n).mean(),
    "shift": lambda s, n: s.shift(n),
    "shift back": lambda s, n: s.shift(-n),
    "change": lambda s, n: s.pct_change(n),
    "plus": lambda s, n: (s + n) * 2.5,
    "from": lambda s, n: n - s.shift(1),
    "of": lambda s, n: 1 / s,
    "both": lambda s, n: (s - s.rolling(n).mean()) / s.rolling(n).std(),
    "whole": lambda s, n: s // n,
    "power": lambda s, n: s**2 % n,
    "ewm alpha": lambda s, n: s.ewm(alpha=1 / (n + 1), adjust=False, min_periods=n).std(),
}


def prices(values: np.ndarray, kind: type = _Array) -> np.ndarray:
    return values.view(kind)


REPLACED: tuple[tuple[type | ModuleType, str], ...] = (
    (backtesting.lib, "crossover"),
    (pd.Series, "__init__"),
    (pd.Series, "shift"),
    (pd.Series, "_arith_method"),
    (BaseWindow, "_apply_series"),
    (FixedWindowIndexer, "get_window_bounds"),
)


def both_ways(make: Callable[[], Any]) -> tuple[Any, Any]:
    kept = [(kind, name, getattr(kind, name)) for kind, name in REPLACED]
    usual = make()
    lean.install()
    try:
        short = make()
    finally:
        for kind, name, method in kept:
            setattr(kind, name, method)
    return usual, short


def assert_same(usual: pd.Series, short: pd.Series) -> None:
    pd.testing.assert_series_equal(usual, short, check_exact=True, check_flags=True)
    assert type(usual.index) is type(short.index)
    assert type(usual.array) is type(short.array)
    assert type(usual.to_numpy()) is type(short.to_numpy())
    assert usual.to_numpy().flags.writeable == short.to_numpy().flags.writeable
    assert usual.to_numpy().tobytes() == short.to_numpy().tobytes()


@pytest.mark.parametrize("shape", SHAPES)
@given(values=FLOATS, window=st.integers(1, 12))
def test_a_window_over_prices_gives_the_same_bits(
    shape: str, values: np.ndarray, window: int
) -> None:
    for kind in (_Array, _Indicator):
        assert_same(*both_ways(lambda k=kind: SHAPES[shape](pd.Series(prices(values, k)), window)))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_window_over_dates_and_a_name_keeps_both(shape: str) -> None:
    index = pd.date_range("2020-01-01", periods=50, name="Date")
    series = pd.Series(np.arange(50.0), index=index, name="Close")
    usual, short = both_ways(lambda: SHAPES[shape](series, 5))
    assert_same(usual, short)
    assert short.index.equals(usual.index)


def test_other_series_go_their_usual_way() -> None:
    for make in (
        lambda: pd.Series(np.arange(9)).rolling(3).mean(),
        lambda: pd.Series(np.arange(9, dtype="f4")).rolling(3).mean(),
        lambda: pd.Series([1.0, 2.0, 3.0], dtype="Float64").rolling(2).sum(),
        lambda: pd.Series(prices(np.arange(9.0)), index=range(3, 12), name="x").rolling(2).max(),
        lambda: pd.Series(prices(np.arange(9))).rolling(3).mean(),
        lambda: (
            pd.Series(np.arange(9.0), index=pd.date_range("2020", periods=9)).rolling("3D").mean()
        ),
        lambda: pd.Series(np.arange(9.0)).groupby([0, 1, 0] * 3).rolling(2).mean(),
    ):
        assert_same(*both_ways(make))


class OwnSeries(pd.Series):
    """A class of the author's."""

    @property
    def _constructor(self) -> type[pd.Series]:
        return OwnSeries


def with_words(series: pd.Series) -> pd.Series:
    series.attrs["source"] = "exchange"
    return series


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s.shift(0),
        lambda s: s.shift(2, fill_value=0.0),
        lambda s: s.shift(70),
        lambda s: s.astype(int).shift(1),
        lambda s: s.shift(np.int64(2)),
        lambda s: s.set_axis(pd.date_range("2020", periods=9)).shift(2, freq="D"),
        lambda s: s.shift([0, 1]).iloc[:, 1],
        lambda s: s + s.rename("other"),
        lambda s: s + s[2:],
        lambda s: s[2:] * s.set_axis(range(3, 12)),
        lambda s: s + s.to_frame().iloc[:, 0],
        lambda s: s * True,
        lambda s: s * 2**60,
        lambda s: s + 1j,
        lambda s: s + np.float32(0.1),
        lambda s: s + np.arange(9),
        lambda s: s.astype("f4") + 0.1,
        lambda s: s.astype(int) / 3,
        lambda s: with_words(s.copy()) - 1,
        lambda s: s - with_words(s.copy()),
        lambda s: with_words(s.copy()).shift(1),
        lambda s: s.set_flags(allows_duplicate_labels=False) + 1,
        lambda s: s.set_flags(allows_duplicate_labels=False).shift(1),
        lambda s: OwnSeries(s) + 1,
        lambda s: OwnSeries(s).shift(1),
        lambda s: s + pd.NA,
        lambda s: s - [1.0] * 9,
        lambda s: s.set_axis([0, 0, 1, 2, 3, 4, 5, 6, 7]) + s.set_axis([0, 0, 1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_what_is_computed_otherwise_goes_its_usual_way(
    make: Callable[[pd.Series], pd.Series],
) -> None:
    for series in (pd.Series(np.arange(9.0) - 4), pd.Series(prices(np.arange(9.0)), name="x")):
        assert_same(*both_ways(lambda s=series: make(s)))


def test_a_result_shares_nothing_with_what_it_was_made_from() -> None:
    for make in (lambda s: s.shift(1), lambda s: s + 1, lambda s: s - s.shift(1)):
        series = pd.Series(prices(np.arange(9.0)))
        usual, short = both_ways(lambda s=series, m=make: m(s))
        for found in (usual, short):
            found.iloc[3] = 99.0
            assert series.iloc[3] == 3.0
            assert series.iloc[2] == 2.0
        assert_same(usual, short)


def test_a_sum_that_fails_fails_with_the_same_words() -> None:
    def refuse() -> pd.Series:
        with pytest.raises((TypeError, ValueError, OverflowError)) as failed:
            pd.Series(prices(np.arange(5.0))) + "x"
        return pd.Series([str(failed.value)])

    usual, short = both_ways(refuse)
    assert usual.tolist() == short.tolist()


def test_a_series_of_prices_is_a_copy_that_may_be_written_to() -> None:
    values = prices(np.arange(5.0))
    usual, short = both_ways(lambda: pd.Series(values))
    for series in (usual, short):
        series.iloc[0] = 99.0
        view = series[1:3]
        view.iloc[0] = 42.0
        assert series.iloc[1] == 1.0
    assert_same(usual, short)
    assert values[0] == 0.0


def test_a_window_is_remembered_for_longer_data_too() -> None:
    def longer_and_longer() -> pd.Series:
        found = [pd.Series(np.arange(float(n))).rolling(3).sum() for n in (5, 4_000, 9_000, 7)]
        return pd.concat(found)

    assert_same(*both_ways(longer_and_longer))


def test_a_window_that_is_none_is_refused_as_ever() -> None:
    def refuse() -> pd.Series:
        with pytest.raises(ValueError, match="window must be"):
            pd.Series(prices(np.arange(5.0))).rolling(-1).mean()
        return pd.Series([0.0])

    assert_same(*both_ways(refuse))


@given(values=FLOATS)
def test_an_indicators_values_are_as_numpy_takes_them(values: np.ndarray) -> None:
    for value in (
        pd.Series(values),
        pd.Series(values)[::2],
        pd.Series(values > 0),
        values,
        values.tolist(),
        pd.Series(values, dtype="Float64"),
    ):
        usual, short = np.asarray(value, order="C"), lean.plain(value)
        assert usual.dtype == short.dtype
        np.testing.assert_array_equal(usual, short)
        assert usual.flags.writeable == short.flags.writeable
        assert usual.flags.c_contiguous == short.flags.c_contiguous


FEW = arrays("<f8", st.integers(0, 3), elements=st.sampled_from([np.nan, 0.0, 1.0, 2.0]))


@given(FEW, FEW, st.sampled_from([np.ndarray, _Array, _Indicator, pd.Series, float]))
def test_crossover_of_arrays_says_what_the_packages_own_says(one, two, kind):
    made = {pd.Series: pd.Series, float: lambda values: float(values.sum())}
    other = made.get(kind, lambda values: prices(values, kind))(two)
    for pair in ((prices(one), other), (other, prices(one))):
        usual, short = both_ways(lambda pair=pair: backtesting.lib.crossover(*pair))
        assert (usual, type(usual)) == (short, type(short))
