"""What is given to a portfolio strategy: bars that fit together, and indicators that wait."""

import numpy as np
import pandas as pd
import pytest
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

from algoops import PortfolioStrategy, backtest
from tests.unit.portfolio.made_up import flat, walk

pytestmark = pytest.mark.filterwarnings("ignore")


def sma(values, length):
    return pd.Series(values).rolling(length).mean()


class Plain(Strategy):
    """As anybody writes it for one symbol."""

    def init(self):
        self.fast = self.I(sma, self.data.Close, 5)
        self.slow = self.I(sma, self.data.Close, 20)

    def next(self):
        if crossover(self.fast, self.slow):
            self.buy(size=0.9, sl=self.data.Close[-1] * 0.95)
        elif crossover(self.slow, self.fast):
            self.position.close()
            self.sell(size=0.5, limit=self.data.Close[-1] * 1.01, tag="down")


class Ours(PortfolioStrategy):
    """The same, word by word, for one symbol of an account."""

    def init(self):
        close = self.data["A"].Close
        self.lines = {length: self.I(sma, close, length) for length in (5, 20)}

    def next(self):
        close = self.data["A"].Close[-1]
        if crossover(self.lines[5], self.lines[20]):
            self.buy("A", size=0.9, sl=close * 0.95)
        elif crossover(self.lines[20], self.lines[5]):
            self.position("A").close()
            self.sell("A", size=0.5, limit=close * 1.01, tag="down")


@pytest.mark.parametrize("finalize", [True, False])
def test_one_symbol_has_the_trades_curve_and_statistics_of_plain_backtesting(finalize):
    frame = walk(4, 600)
    terms = {"cash": 50_000, "commission": 0.001, "spread": 0.0005, "finalize_trades": finalize}
    theirs = Backtest(frame, Plain, **terms).run()
    ours = backtest(Ours, {"A": frame}, **terms)
    shared = [name for name in theirs["_trades"] if name in ours["_trades"] and name != "Tag"]
    assert len(theirs["_trades"]) > 10
    for name in shared:
        assert (ours["_trades"][name] == theirs["_trades"][name]).all() or (
            ours["_trades"][name].isna() == theirs["_trades"][name].isna()
        ).all(), name
    pd.testing.assert_frame_equal(ours["_equity_curve"], theirs["_equity_curve"])
    for name in theirs.index:
        if not name.startswith("_"):
            assert ours[name] == theirs[name] or np.isclose(ours[name], theirs[name]), name


class Shown(PortfolioStrategy):
    """Keeps indicators wherever authors keep things, and what they showed."""

    def init(self):
        one = self.I(sma, self.data["A"].Close, 3)
        self.kept = {"list": [one], "pair": (one, one)}
        self.later = lambda: one[-1]
        self.seen = []

    def next(self):
        one = self.kept["list"][0]
        self.seen.append((len(one), float(one), self.later(), (one > 0)[-1], (one * 2)[-1]))
        assert self.kept["pair"][1] is one
        assert not np.isnan(np.asarray(one)[-1])
        assert one.s.index[-1] == self.data["A"].index[-1]


def test_indicator_shows_no_later_value_wherever_it_is_kept():
    frame = walk(1, 30)
    seen = backtest(Shown, {"A": frame, "B": walk(2, 30)})["_strategy"].seen
    means = frame.Close.rolling(3).mean()
    assert [length for length, *_ in seen] == list(range(4, 31))
    for length, value, later, above, double in seen:
        assert (value, later, bool(above)) == (means.iloc[length - 1],) * 2 + (True,)
        assert double == 2 * value


class Waits(PortfolioStrategy):
    def init(self):
        self.means = {s: self.I(sma, self.data[s].Close, 5) for s in self.symbols}
        self.first = None

    def next(self):
        self.first = self.first or self.data["A"].index[-1]


def test_trading_waits_for_symbols_of_the_first_day_not_for_those_that_come_later():
    late = walk(2, 20, "2020-01-20")
    run = backtest(Waits, {"A": walk(1, 40), "B": late})["_strategy"]
    assert run.first == pd.Timestamp("2020-01-06")  # five values on the 5th, then the next bar


class Pair(PortfolioStrategy):
    def init(self):
        self.ratio = self.I(lambda a, b: a / b, self.data["A"].Close, self.data["B"].Close)

    def next(self):
        self.last = self.ratio[-1]


def test_indicator_of_two_symbols_needs_bars_at_the_same_times():
    same = backtest(Pair, {"A": flat(10), "B": flat(5)})["_strategy"]
    assert same.last == 2.0
    with pytest.raises(ValueError, match="A and B have bars at other times"):
        backtest(Pair, {"A": flat(10), "B": flat(5, 9)})


class Unowned(PortfolioStrategy):
    def init(self):
        self.I(lambda: np.zeros(10))

    def next(self):
        pass


def test_indicator_of_no_symbol_is_asked_whose_it_is():
    with pytest.raises(ValueError, match="say whose bars these are"):
        backtest(Unowned, {"A": flat(1), "B": flat(1)})
    assert backtest(Unowned, {"A": flat(1)})["# Trades"] == 0


class Short(Unowned):
    def init(self):
        self.I(lambda _: np.zeros(3), self.data["B"].Close)


def test_indicator_of_another_length_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match=r"one value for each of the 10 bars.*shape \(3,\)"):
        backtest(Short, {"A": flat(1), "B": flat(1)})


class Nothing(PortfolioStrategy):
    length = 5

    def init(self):
        pass

    def next(self):
        self.times = [*getattr(self, "times", []), max(b.index[-1] for b in self.data.values())]


def zoned(zone):
    frame = flat(1)
    return frame.set_axis(frame.index.tz_localize(zone))


def test_symbols_of_different_zones_come_in_the_order_of_their_moments():
    run = backtest(Nothing, {"NY": zoned("America/New_York"), "TK": zoned("Asia/Tokyo")})
    index = run["_equity_curve"].index
    assert len(index) == 20
    assert str(index.tz) == "UTC"
    assert index[0] == pd.Timestamp("2019-12-31 15:00", tz="UTC")  # Tokyo's first of January


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "at least one"),
        ({"A": flat(1), "B": zoned("UTC")}, "some have none"),
        ({"A": flat(1).drop(columns="Low")}, "A: no column Low"),
        ({"A": flat(1).iloc[::-1]}, "A: times must rise"),
        ({"A": pd.concat([flat(1), flat(1)]).sort_index()}, "A: times must rise"),
        ({"A": flat(1).iloc[:0]}, "A: no bars"),
        ({"A": flat(float("nan"))}, "A: prices must be numbers"),
        ({"A": flat(-1)}, "A: prices must be numbers"),
        (
            {"A": walk(1, 50), "B": walk(1, 50, freq="h")},
            "A and B .* other lengths .1 day and 1:00:00.",
        ),
    ],
)
def test_bars_that_do_not_fit_together_are_refused_by_name(data, message):
    with pytest.raises(ValueError, match=message):
        backtest(Nothing, data)


def test_numbered_bars_are_refused():
    with pytest.raises(TypeError, match="A: the index must be times"):
        backtest(Nothing, {"A": flat(1).reset_index(drop=True)})


def test_close_of_the_bar_before_is_no_price_for_several_symbols():
    with pytest.raises(ValueError, match="trade_on_close takes one symbol"):
        backtest(Nothing, {"A": flat(1), "B": flat(1)}, trade_on_close=True)


def test_terms_and_parameters_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="an account has no slippage"):
        backtest(Nothing, {"A": flat(1)}, slippage=0.1)
    with pytest.raises(AttributeError, match="no parameter 'width'"):
        backtest(Nothing, {"A": flat(1)}, {"width": 1})
    assert backtest(Nothing, {"A": flat(1)}, {"length": 7})["_strategy"].length == 7


@pytest.mark.parametrize("size", [0, -1, 1.5, float("nan"), float("inf")])
def test_size_that_is_neither_a_share_nor_units_is_refused(size):
    class Sized(Nothing):
        def next(self):
            self.buy("A", size=size)

    with pytest.raises((ValueError, OverflowError)):
        backtest(Sized, {"A": flat(1)})


def test_order_takes_no_other_prices():
    class Priced(Nothing):
        def next(self):
            self.buy("A", take_profit=3.0)

    with pytest.raises(TypeError, match="limit, stop, sl and tp, not take_profit"):
        backtest(Priced, {"A": flat(1)})
