"""Strategies on several symbols: streamed and audited as in a notebook, counted outside."""

import pytest
from engine_portfolios import (
    HEAD,
    ORDERS,
    PLAIN_ARRAYS,
    ROTATION,
    SOUND,
    assert_as_in_notebook,
    notebook,
    together,
    write_market,
)
from engine_support import run

from components.engine import feed
from components.engine.market_data import FolderData
from components.schema.definition.backtest import BacktestConfig, CommissionScheme
from components.schema.results.values import Status
from tests.unit.portfolio.made_up import walk

pytestmark = pytest.mark.filterwarnings("ignore")
CONFIG = BacktestConfig(
    initial_capital=20_000,
    commission=CommissionScheme(fixed=1.0, pct=0.001),
    slippage=0.0005,
    margin=0.5,
)


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    return write_market(tmp_path_factory.mktemp("several"))


@pytest.fixture(scope="module")
def notebooks(several):
    return {name: notebook(source, several, config=CONFIG) for name, source in SOUND.items()}


@pytest.mark.parametrize("causality", ["streamed", "audited"])
@pytest.mark.parametrize("name", SOUND)
def test_portfolio_in_the_sandbox_trades_as_in_the_notebook(several, notebooks, name, causality):
    result = together(SOUND[name], several, config=CONFIG, causality=causality)
    assert len(result.trades) > 20
    assert_as_in_notebook(result, notebooks[name])
    assert not result.lookahead, result.lookahead
    assert result.looked_at


def test_portfolio_behind_the_wall_with_a_lookback_trades_as_in_the_notebook(several, wall):
    result = together(ROTATION, several, config=CONFIG, lookback=20, sandbox=wall)
    assert_as_in_notebook(result, notebook(ROTATION, several, config=CONFIG))
    assert not result.lookahead, result.lookahead


def test_one_symbol_is_the_single_path_row_by_row(several):
    alone = """
from backtesting import Strategy
import pandas as pd
def sma(close, bars):
    return pd.Series(close).rolling(bars).mean()
class Alone(Strategy):
    def init(self):
        self.slow = self.I(sma, self.data.Close, 12)
    def next(self):
        if self.data.Close[-1] > self.slow[-1] and not self.position:
            self.buy(size=0.9, sl=self.data.Close[-1] * 0.97)
        elif self.data.Close[-1] < self.slow[-1]:
            self.position.close()
"""
    of_several = (
        HEAD
        + """
class Only(PortfolioStrategy):
    def init(self):
        self.slow = self.I(sma, self.data["BBB"].Close, 12)
    def next(self):
        close = self.data["BBB"].Close[-1]
        if close > self.slow[-1] and not self.position("BBB"):
            self.buy("BBB", size=0.9, sl=close * 0.97)
        elif close < self.slow[-1]:
            self.position("BBB").close()
"""
    )
    expected = run(alone, several, symbol="BBB", config=CONFIG)
    found = together(of_several, several, ("BBB",), config=CONFIG)
    assert len(found.trades) > 5
    assert [t.model_copy(update={"symbol": ""}) for t in found.trades] == list(expected.trades)
    assert found.equity == expected.equity
    assert found.metrics == expected.metrics
    assert found.benchmark == expected.benchmark


def test_late_listing_and_delisting_are_told_by_symbol(several):
    result = together(PLAIN_ARRAYS, several, config=CONFIG)
    told = {c.symbol: (c.first[:10], c.delisted[:10]) for c in result.contributions}
    assert told == {
        "AAA": ("2020-01-01", ""),
        "BBB": ("2020-01-01", ""),
        "CCC": ("2020-02-01", ""),
        "DDD": ("2020-01-01", "2020-04-24"),
    }
    assert sum(c.pnl for c in result.contributions) == pytest.approx(
        result.metrics.equity_final - CONFIG.initial_capital
    )


UNIVERSE = b"""symbol,from,to
AAA,2020-01-10,2020-03-02
AAA,2020-04-01,
BBB,2019-06-01,
CCC,2020-03-15,
DDD,2020-01-01,2020-02-28
"""
ROTATES = ROTATION.replace(
    "        known = [",
    "        for s in self.symbols:\n"
    "            if s not in self.listed and self.position(s):\n"
    "                self.position(s).close()\n"
    "        known = [",
)


@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_universe_is_obeyed_as_in_the_notebook(several, tmp_path, causality):
    file = tmp_path / "universe.csv"
    file.write_bytes(UNIVERSE)
    result = together(ROTATES, several, config=CONFIG, universe=UNIVERSE, causality=causality)
    assert_as_in_notebook(result, notebook(ROTATES, several, config=CONFIG, universe=file))
    assert not result.lookahead, result.lookahead
    entered = [t.entry_time[:10] for t in result.trades if t.symbol == "CCC"]
    assert entered
    assert min(entered) > "2020-03-15"


def test_forged_order_for_a_symbol_outside_the_universe_ends_the_run(several):
    forged = ROTATES.replace(
        "        known = [",
        "        if len(self.data['AAA']) == 80:\n"
        "            from components.protocol.messages import OfSymbol, PlaceOrder\n"
        "            order = PlaceOrder(5.0, None, None, None, None, None)\n"
        "            self._account.ops.append(OfSymbol(0, order))\n"
        "        known = [",
        1,
    )
    result = together(forged, several, config=CONFIG, universe=UNIVERSE)
    assert result.status is Status.PROTOCOL_ERROR, result.message
    assert "not in the universe" in result.message


def test_symbol_that_is_not_listed_in_that_time_is_never_listed(several):
    result = together(ROTATION, several, config=CONFIG, start="2020-05-01", causality="audited")
    assert result.status is Status.PASSED, result.message
    told = {c.symbol: (c.first[:10], c.trades) for c in result.contributions}
    assert told["DDD"] == ("", 0)
    assert told["CCC"][0] == "2020-05-01"
    assert {t.symbol for t in result.trades} <= {"AAA", "BBB", "CCC"}


def test_time_in_which_no_symbol_has_bars_is_refused(several):
    result = together(ROTATION, several, start="2031-01-01")
    assert result.status is Status.FAILED
    assert "has no bars from 2031-01-01" in result.message


def test_symbol_without_a_bar_is_not_seen_nor_filled(several):
    source = (
        HEAD
        + """
class Asks(PortfolioStrategy):
    def init(self):
        pass
    def next(self):
        times = {s: self.data[s].index[-1] for s in self.listed}
        assert len(set(times.values())) == 1, times
        assert all(len(self.data[s]) == 0 or self.data[s].index[-1] <= min(times.values())
                   for s in self.symbols)
        if "BBB" not in self.listed and not self.orders:
            self.buy("BBB", size=1, tag=str(min(times.values()).date()))
"""
    )
    result = together(source, several, config=CONFIG)
    assert result.status is Status.PASSED, result.message
    placed = [t.tag for t in result.trades]
    assert placed[0] == "2020-01-06"
    entered = [t.entry_time[:10] for t in result.trades]
    assert entered[0] == "2020-01-08", "the first bar after the two that are missing"


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ({"AAA": walk(1, 50), "BBB": walk(2, 50, freq="7D")}, "bars of other lengths"),
        ({"AAA": walk(1, 50).tz_localize("UTC"), "BBB": walk(2, 50)}, "some have none"),
    ],
    ids=["lengths", "zones"],
)
def test_symbols_that_do_not_fit_are_refused_with_words(tmp_path, frames, says):
    from components.engine.market_data import FolderData

    for symbol, frame in frames.items():
        frame.to_csv(tmp_path / f"{symbol}_1d.csv", index_label="Date")
    result = together(ROTATION, FolderData(tmp_path), ("AAA", "BBB"))
    assert result.status is Status.FAILED
    assert says in result.message


def test_bars_of_two_zones_are_worked_on_in_order_of_time(tmp_path):
    from components.engine.market_data import FolderData

    tokyo = walk(1, 60).tz_localize("Asia/Tokyo")
    new_york = walk(2, 60).tz_localize("America/New_York")
    tokyo.to_csv(tmp_path / "TYO_1d.csv", index_label="Date")
    new_york.to_csv(tmp_path / "NYC_1d.csv", index_label="Date")
    source = (
        HEAD
        + """
class Zones(PortfolioStrategy):
    def init(self):
        pass
    def next(self):
        assert len(self.listed) == 1, self.listed
        if len(self.data["NYC"]) < 60:  # then the other one is over
            self.target({s: 0.4 for s in self.symbols if len(self.data[s])})
"""
    )
    data = FolderData(tmp_path)
    result = together(source, data, ("NYC", "TYO"))
    assert_as_in_notebook(result, notebook(source, data, ("NYC", "TYO")))


@pytest.mark.parametrize(
    ("config", "says"),
    [({"trade_on_close": True}, "trade_on_close"), ({"detail": "1h"}, "finer bars")],
)
def test_settings_of_one_symbol_are_refused_for_several(several, config, says):
    result = together(ROTATION, several, config=BacktestConfig(**config))
    assert result.status is Status.FAILED
    assert says in result.message


def test_class_of_the_other_kind_is_told_what_to_write(several):
    single = "from backtesting import Strategy\nclass S(Strategy):\n    def init(self): pass\n    def next(self): pass\n"
    result = together(single, several)
    assert "without `framework: portfolio`" in result.message
    result = run(ROTATION, several, symbol="AAA")
    assert "with `framework: portfolio` and `symbols`" in result.message


def test_indicator_that_fails_on_few_bars_of_a_late_symbol_does_not_end_the_run(several):
    source = ROTATION.replace(
        "    return pd.Series(close).pct_change(bars)",
        "    if len(close) < 10: raise ValueError('too few')\n"
        "    return pd.Series(close).pct_change(bars)",
    )
    result = together(source, several, config=CONFIG)
    assert_as_in_notebook(result, notebook(source, several, config=CONFIG))


def test_delayed_orders_come_a_moment_later(several):
    prompt = together(ORDERS, several, config=CONFIG)
    late = together(ORDERS, several, config=CONFIG, delay=1)
    assert late.status is Status.PASSED, late.message
    assert late.orders_sha256 != prompt.orders_sha256


LEAKS = {
    "another symbol's whole history in init": """
    def init(self):
        for s in self.symbols:
            self.I(sma, self.data[s].Close, 5)
        gained = {s: self.data[s].Close[-1] / self.data[s].Close[0]
                  for s in self.symbols if len(self.data[s])}
        self.best = max(gained, key=gained.get)
    def next(self):
        if self.best in self.listed:
            self.target({self.best: 0.9})
""",
    "a centred mean of another symbol": """
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(9, center=True).mean().bfill().ffill(),
                        self.data["AAA"].Close, name="centred")
    def next(self):
        self.target({"BBB": 0.9 if self.m[-1] > self.data["AAA"].Close[-1] else 0.1})
""",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_leak_across_symbols_is_found_by_the_audit_and_told_when_streamed(several, leak):
    source = HEAD + "class Leaks(PortfolioStrategy):" + LEAKS[leak]
    audited = together(source, several, config=CONFIG, causality="audited")
    assert audited.status is Status.FAILED, audited.looked_at
    streamed = together(source, several, config=CONFIG)
    assert streamed.lookahead, streamed.looked_at


@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_indicator_of_several_rows_of_a_symbol_that_comes_late_is_no_leak(several, causality):
    source = (
        HEAD
        + """
import talib
class Rows(PortfolioStrategy):
    def init(self):
        self.macd = {s: self.I(talib.MACD, self.data[s].Close, 4, 9, 3) for s in self.symbols}
        self.mean = {s: self.I(sma, self.data[s].Close, 4) for s in self.symbols}
    def next(self):
        for s in self.listed:
            above = self.macd[s][-1][-1] > 0 if len(self.macd[s].shape) > 1 else False
            if above and self.data[s].Close[-1] > self.mean[s][-1] and not self.position(s):
                self.buy(s, size=3)
            elif not above:
                self.position(s).close()
"""
    )
    result = together(source, several, causality=causality)
    assert result.status is Status.PASSED, result.message
    assert result.lookahead == ()
    assert len(result.trades) > 5


def test_weights_that_are_worth_less_than_one_unit_are_told_as_such(tmp_path):
    for symbol, times in (("DEAR", 1e7), ("TINY", 1e-11)):
        walk(2, 60).mul(times).to_csv(tmp_path / f"{symbol}_1d.csv", index_label="Date")
    source = HEAD + (
        "class Dear(PortfolioStrategy):\n"
        "    def init(self):\n        pass\n"
        '    def next(self):\n        self.target({"DEAR": 1.0})\n'
    )
    result = together(source, FolderData(tmp_path), ("DEAR", "TINY"))
    (finding,) = [f for f in result.order_findings if f.rule == "no-trades"]
    assert "target weights were given 59 times and bought nothing" in finding.message
    assert "initial_capital" in finding.hint
    rich = BacktestConfig(initial_capital=1e12)
    assert together(
        source, FolderData(tmp_path), ("DEAR", "TINY"), config=rich
    ).metrics.exposure_pct


@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_band_of_a_portfolio_is_in_its_result(several, causality):
    source = HEAD + (
        "class Narrow(PortfolioStrategy):\n"
        "    def init(self):\n        pass\n"
        "    def next(self):\n"
        "        for s in self.listed:\n"
        "            if not self.position(s):\n"
        "                close = self.data[s].Close[-1]\n"
        "                self.buy(s, size=10, sl=close * 0.995, tp=close * 1.005)\n"
    )
    result = together(source, several, causality=causality)
    band, counted = result.band, result.metrics
    assert band.trades > 20
    assert band.stops_first.return_pct <= counted.return_pct < band.targets_first.return_pct
    (finding,) = [f for f in result.order_findings if f.rule == "orders-in-one-bar"]
    assert "between" in finding.message


def test_bars_of_very_many_symbols_come_in_frames_below_the_cap(several, monkeypatch):
    at_once = together(ORDERS, several, config=CONFIG, causality="audited")
    monkeypatch.setattr(feed, "FRAME_BYTES", 2_000)
    in_frames = together(ORDERS, several, config=CONFIG, causality="audited")
    assert in_frames.orders_sha256 == at_once.orders_sha256
    assert in_frames.curve == at_once.curve
    assert not in_frames.lookahead
