"""Several symbols on one cash account: what each may use, and what is filled when."""

import random
from functools import partial
from typing import ClassVar

import msgspec
import numpy as np
import pandas as pd
import pytest

from algoops import PortfolioStrategy, backtest
from algoops.exchange.book import NotTraded, SymbolBook
from tests.unit.portfolio.made_up import at, flat, walk

pytestmark = pytest.mark.filterwarnings("ignore")
RICH = 1e9


class Scripted(PortfolioStrategy):
    """Places what its script says: (symbol, number of that symbol's bars) -> orders."""

    script: ClassVar = {}

    def init(self):
        pass

    def next(self):
        for symbol in self.listed:
            close = self.data[symbol].Close[-1]
            for side, size, kind, width in self.script.get((symbol, len(self.data[symbol])), ()):
                order = self.buy if side > 0 else self.sell
                away = close * width * side
                prices = {
                    "market": {},
                    "stop": {"stop": close + away},
                    "limit": {"limit": close - away},
                    "bracket": {"sl": close - 3 * away, "tp": close + 3 * away},
                }[kind]
                order(symbol, size=size, **prices)
            if len(self.data[symbol]) % 7 == 0:
                self.position(symbol).close()


def world(seed):
    """Bars of two to four symbols, some late, with holes, and a script of orders."""
    chance = random.Random(seed)
    frames, script = {}, {}
    for number in range(chance.randint(2, 4)):
        late = chance.randint(0, 5) if number else 0
        start = pd.Timestamp("2020-01-01") + pd.Timedelta(days=late)
        gaps = chance.sample(range(1, 20), chance.randint(0, 3))
        frames[f"S{number}"] = walk(chance.randint(0, 99), 40 - late, start, gaps=gaps)
        for bar in range(3, 24):
            script[f"S{number}", bar] = [
                (
                    chance.choice((1, -1)),
                    chance.randint(1, 50),
                    chance.choice(("market", "stop", "limit", "bracket")),
                    chance.uniform(0.001, 0.02),
                )
                for _ in range(chance.randint(0, 2))
            ]
    return frames, script


@pytest.mark.parametrize("seed", range(8))
def test_symbols_that_share_nothing_but_cash_enough_are_the_sum_of_single_runs(seed):
    frames, script = world(seed)
    columns = ["EntryTime", "ExitTime", "Size", "EntryPrice", "ExitPrice", "PnL", "Commission"]
    run = partial(backtest, Scripted, parameters={"script": script}, cash=RICH, commission=0.001)
    together, gained = run(frames), 0.0
    for symbol, frame in frames.items():
        alone = run({symbol: frame})
        ours = together["_trades"].query("Symbol == @symbol")[columns].sort_values(columns)
        theirs = alone["_trades"][columns].sort_values(columns)
        assert len(ours) > 10
        np.testing.assert_array_equal(ours.to_numpy(), theirs.to_numpy())
        gained += alone["Equity Final [$]"] - RICH
    assert together["Equity Final [$]"] - RICH == pytest.approx(gained, abs=1e-5)


class Once(PortfolioStrategy):
    """Sets weights at one time, or more."""

    plan: ClassVar = {}

    def init(self):
        self.seen = []

    def next(self):
        step = len(self.data[self.symbols[0]])
        self.seen.append(self.listed)
        if step in self.plan:
            self.target(self.plan[step])


def test_weights_are_traded_at_the_next_open_by_the_equity_of_that_open():
    frames = {"A": at(flat(100), 3, Open=110, High=110, Close=100), "B": flat(50)}
    found = backtest(
        Once, frames, {"plan": {2: {"A": 0.5}, 3: {"A": 0.25, "B": 0.25}}}, cash=10_000
    )
    # at the open of bar 3 there are 5,000 in cash and 50 A at 110: a quarter of 10,500 in each
    (sold,) = found["_trades"].itertuples()
    assert (sold.Symbol, sold.Size, sold.ExitPrice) == ("A", 27, 110.0)
    held = [(trade.symbol, trade.size, trade.entry_price) for trade in found["_strategy"].trades]
    assert held == [("A", 23, 100.0), ("B", 52, 50.0)]


def test_what_is_sold_pays_for_what_is_bought_whatever_the_order_of_symbols():
    for symbols in (("A", "B"), ("B", "A")):
        frames = {symbol: flat(100) for symbol in symbols}
        plan = {2: {"A": 1.0}, 4: {"B": 1.0}}
        found = backtest(Once, frames, {"plan": plan}, cash=10_000, commission=0.001)
        strategy = found["_strategy"]
        assert strategy.position("A").size == 0
        assert strategy.position("B").size == 99
        (sold,) = found["_trades"].itertuples()
        assert (sold.Symbol, sold.ExitTime) == ("A", pd.Timestamp("2020-01-05"))


class Switch(PortfolioStrategy):
    """All in one symbol by plain orders, then all in another."""

    def init(self):
        pass

    def next(self):
        step = len(self.data["A"])
        if step == 2:
            self.buy("B")
        if step == 4:
            self.buy("A")
            self.position("B").close()


def test_orders_that_close_are_filled_before_those_that_open_in_one_bar():
    found = backtest(Switch, {"A": flat(100), "B": flat(100)}, cash=10_000)
    assert found["_strategy"].position("A").size == 99


class TakesProfit(PortfolioStrategy):
    """All money in A with a take-profit, and an order that takes all money in B."""

    def init(self):
        pass

    def next(self):
        if len(self.data["A"]) == 2:
            self.buy("A", tp=120.0)
        if len(self.data["A"]) == 4:
            self.buy("B")


def test_money_that_a_take_profit_frees_inside_the_bar_buys_nothing_at_its_open():
    frames = {"A": at(flat(100), 4, High=130, Close=110), "B": flat(100)}
    found = backtest(TakesProfit, frames, cash=10_000)
    assert found["_trades"][["Symbol", "ExitPrice"]].to_numpy().tolist() == [["A", 120.0]]
    assert found["_strategy"].position("B").size == 0


class EntersLater(TakesProfit):
    """An order that takes all money in A once it has risen, and one in B."""

    def next(self):
        if len(self.data["A"]) == 4:
            self.buy("A", stop=105.0)
            self.buy("B")


def test_stop_that_enters_inside_the_bar_leaves_its_money_to_what_is_filled_at_the_open():
    frames = {"A": at(flat(100), 4, High=110, Close=110), "B": flat(100)}
    strategy = backtest(EntersLater, frames, cash=10_000)["_strategy"]
    assert (strategy.position("A").size, strategy.position("B").size) == (0, 99)


def test_size_of_an_order_does_not_know_another_symbols_close():
    """Half of the money in A; what is bought of B at the open must not know A's day."""
    sizes = []
    for close in (100.0, 150.0):
        frames = {"A": at(flat(100), 4, High=150, Close=close), "B": flat(100)}
        plan = {2: {"A": 0.5}, 4: {"A": 0.5, "B": 0.5}}
        found = backtest(Once, frames, {"plan": plan}, cash=10_000)
        sizes.append(found["_strategy"].position("B").size)
    assert sizes == [50, 50]


class BuysHalf(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        if len(self.data["A"]) == 2:
            self.buy("A", size=0.5)
        if len(self.data["A"]) == 4:
            self.buy("B", size=0.5)


def test_size_of_a_share_of_the_money_does_not_know_another_symbols_close():
    sizes = set()
    for close in (100.0, 150.0):
        frames = {"A": at(flat(100), 4, High=150, Close=close), "B": flat(100)}
        sizes.add(backtest(BuysHalf, frames, cash=10_000)["_strategy"].position("B").size)
    assert sizes == {25}


def test_symbol_without_a_bar_is_not_filled_and_counts_with_its_last_close():
    frames = {"A": flat(100), "B": at(flat(100), 2, Close=90).drop(flat(1).index[3:5])}
    found = backtest(Once, frames, {"plan": {3: {"B": 1.0}}}, cash=9_000)
    strategy = found["_strategy"]
    (trade,) = strategy.trades
    assert trade.entry_time == pd.Timestamp(
        "2020-01-06"
    )  # ordered on the 3rd; no bar on the 4th, 5th
    assert strategy.seen[2:5] == [("A",), ("A",), ("A", "B")]
    assert list(strategy.data["B"].Close) == [100, 100, 90, 100, 100, 100, 100, 100]


def test_symbol_that_ends_is_closed_at_its_last_close_and_named():
    frames = {"A": flat(100), "B": at(flat(100, 5), 4, Close=80, Low=80)}
    found = backtest(Once, frames, {"plan": {2: {"B": 1.0}}}, cash=10_000)
    (trade,) = found["_trades"].itertuples()
    assert (trade.Symbol, trade.ExitPrice, trade.ExitTime) == ("B", 80, pd.Timestamp("2020-01-05"))
    assert found["_delisted"] == {"B": pd.Timestamp("2020-01-05")}
    assert found["Equity Final [$]"] == 8_000


class Late(PortfolioStrategy):
    """Orders what is not there; keeps what it is told."""

    def init(self):
        self.told = []

    def next(self):
        for order in (lambda: self.buy("B"), lambda: self.target({"B": 1.0})):
            try:
                order()
            except NotTraded as error:
                self.told.append((len(self.data["A"]), str(error)))
        self.told.append((len(self.data["A"]), len(self.data["B"].Close)))


def test_order_for_a_symbol_that_is_not_listed_yet_or_no_more_is_refused_with_the_reason():
    frames = {"A": flat(100, 8), "B": flat(100, 3, "2020-01-04")}
    told = backtest(Late, frames)["_strategy"].told
    assert told[0] == (2, "B is not traded yet: it has no bar")
    assert told[2] == (2, 0)
    assert (4, 1) in told
    assert (7, "B is not traded any more: its last bar is over") in told
    assert told[-1] == (8, 3)


def test_account_without_money_ends_and_stays_at_zero():
    frames = {"A": at(flat(100), 5, Close=30, Low=30), "B": flat(100)}
    found = backtest(Once, frames, {"plan": {2: {"A": 2.0}}}, cash=10_000, margin=0.5)
    assert found["_equity_curve"]["Equity"].to_numpy()[5:].tolist() == [0.0] * 5
    assert found["_strategy"].trades == ()


def test_weights_beyond_the_money_are_made_smaller_alike():
    found = backtest(Once, {"A": flat(100), "B": flat(50)}, {"plan": {2: {"A": 2.0, "B": 2.0}}})
    strategy = found["_strategy"]
    assert (strategy.position("A").size, strategy.position("B").size) == (50, 100)


def test_fixed_costs_beyond_the_money_buy_nothing_and_take_no_search(monkeypatch):
    asked = []
    cost = SymbolBook.cost_of
    monkeypatch.setattr(
        SymbolBook, "cost_of", lambda book, units: asked.append(units) or cost(book, units)
    )
    frames = {f"S{number}": flat(1e-6) for number in range(50)}
    plan = {2: dict.fromkeys(frames, 0.02)}
    found = backtest(Once, frames, {"plan": plan}, cash=4_999, commission=(100.0, 0.0))
    assert found["_strategy"].trades == ()
    assert len(asked) <= 200


def test_fixed_costs_are_paid_before_money_is_shared():
    frames = {"A": flat(100), "B": flat(50)}
    plan = {2: {"A": 0.5, "B": 0.5}}
    found = backtest(Once, frames, {"plan": plan}, cash=10_000, commission=(100.0, 0.001))
    sizes = [trade.size for trade in found["_strategy"].trades]
    assert sizes == [48, 97]  # 9,800 are left; 9,650 and 9.65 of them are spent


def test_caps_on_positions_count_all_symbols(monkeypatch):
    import algoops.run as module

    real = module._account
    monkeypatch.setattr(
        module, "_account", lambda terms: msgspec.structs.replace(real(terms), max_positions=1)
    )

    class Both(Once):
        def next(self):
            for symbol in self.symbols:
                self.buy(symbol, size=1)

    assert len(backtest(Both, {"A": flat(100), "B": flat(50)})["_strategy"].trades) == 1


def test_what_symbols_brought_adds_up_to_the_accounts_profit():
    frames = {f"S{n}": walk(n) for n in range(3)}
    plan = {step: {"S0": 0.3, "S1": -0.2, "S2": 0.4} for step in range(2, 300, 5)}
    found = backtest(Once, frames, {"plan": plan}, commission=0.001, spread=0.001, cash=1e6)
    brought = found["_contributions"]
    assert brought["PnL"].sum() == pytest.approx(found["Equity Final [$]"] - 1e6)
    assert brought["# Trades"].sum() == found["# Trades"] == len(found["_trades"])
    assert (brought.index == ["S0", "S1", "S2"]).all()
    assert np.isfinite(found["Sharpe Ratio"])
