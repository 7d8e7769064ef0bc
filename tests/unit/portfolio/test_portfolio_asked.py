"""Mistakes in what a strategy asks for by symbol, said in words."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from backtesting import Strategy

from algoops import PortfolioStrategy, backtest
from tests.unit.portfolio.made_up import flat

pytestmark = pytest.mark.filterwarnings("ignore")


class Asking(PortfolioStrategy):
    """Asks once, for what the parameter does."""

    ask = None

    def init(self):
        self.held = None

    def next(self):
        if len(self.data["SPX"]) == 4:
            self.ask()
        self.held = {s: self.position(s).size for s in self.symbols}


def asked(ask, symbols=("SPX", "IXIC")):
    kind = type("Asks", (Asking,), {"ask": ask})
    return backtest(kind, {symbol: flat(100) for symbol in symbols})["_strategy"].held


WAYS = {
    "data": lambda self: self.data["SPY"],
    "indicator": lambda self: self.I(np.zeros, 4, symbol="SPY"),
    "position": lambda self: self.position("SPY"),
    "buy": lambda self: self.buy("SPY"),
    "sell": lambda self: self.sell("SPY"),
    "target": lambda self: self.target({"SPY": 0.0}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [KeyError, ValueError])
def test_unknown_symbol_is_named_with_the_known_ones_nearest_first(way, kind):
    with pytest.raises(kind) as caught:
        asked(WAYS[way])
    assert str(caught.value) == "no symbol 'SPY' here: there are SPX, IXIC"


def test_unknown_symbol_among_many_is_told_a_few_of_them():
    many = ("SPX", *(f"S{number}" for number in range(30)), "SPYX")
    with pytest.raises(KeyError) as caught:
        asked(lambda self: self.data["spy"], many)
    assert str(caught.value).startswith("no symbol 'spy' here: the nearest of 32 are SPYX, SPX, ")
    assert str(caught.value).count(",") == 4


def test_strategy_can_ask_for_a_symbol_that_may_be_missing():
    def ask(self):
        assert self.data.get("SPY") is None
        assert "SPY" not in self.data

    asked(ask)


NO_WEIGHTS = {
    "text": ({"SPX": "0.5"}, "the weight of SPX must be an int or a float, found '0.5'"),
    "nothing": ({"SPX": None}, "the weight of SPX must be an int or a float, found None"),
    "a truth": ({"SPX": True}, "the weight of SPX must be an int or a float, found True"),
    "numpy's truth": ({"SPX": np.True_}, "must be an int or a float, found"),
    "a decimal": ({"SPX": Decimal("0.5")}, "or a float, found Decimal('0.5')"),
    "many": ({"SPX": np.zeros(2)}, "must be an int or a float, found array([0., 0.])"),
    "no number": ({"SPX": float("nan")}, "from -1000000 to 1000000 (1 is the whole equity)"),
    "endless": ({"SPX": -float("inf")}, "from -1000000 to 1000000"),
    "far too much": ({"SPX": 1e9}, "from -1000000 to 1000000"),
    "a list": (["SPX"], "weights must be a dict such as {'SPX': 0.5}, found ['SPX']"),
    "none": (None, "weights must be a dict such as {'SPX': 0.5}, found None"),
    "one symbol twice": (pd.Series([0.1, 0.2], ["SPX", "SPX"]), "SPX has two weights"),
}


@pytest.mark.parametrize("what", NO_WEIGHTS)
def test_weight_that_is_no_share_is_refused_in_words(what):
    weights, says = NO_WEIGHTS[what]
    with pytest.raises((TypeError, ValueError), match="weight") as caught:
        asked(lambda self: self.target(weights))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "weights",
    [
        {"SPX": np.float32(0.5), "IXIC": np.int64(0)},
        {"SPX": np.float64(0.5)},
        pd.Series({"SPX": 0.5, "IXIC": 0.0}),
    ],
)
def test_numbers_of_numpy_and_series_are_weights(weights):
    assert asked(lambda self: self.target(weights)) == {"SPX": 50, "IXIC": 0}


def test_no_weights_at_all_close_everything():
    class Closing(Asking):
        def next(self):
            self.target({"SPX": 0.5} if len(self.data["SPX"]) < 6 else {})
            self.held = self.position("SPX").size

    run = backtest(Closing, {"SPX": flat(100)})["_strategy"]
    assert run.held == 0
    assert len(run.closed_trades) == 1


def test_plain_strategy_and_a_single_frame_are_refused_in_words():
    with pytest.raises(TypeError, match=r"must be a class of PortfolioStrategy, found <class.*Str"):
        backtest(Strategy, {"SPX": flat(100)})
    with pytest.raises(TypeError, match=r"data must be a dict of bars such as .*found DataFrame"):
        backtest(Asking, flat(100))
