"""Plain backtesting.py and our two processes agree: trades row by row, equity and statistics."""

import sys

import pytest
from engine_strategies import CASES, GOOG, HEAD, strategy
from engine_support import assert_same, plain, run

from components.schema.results.values import Status

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning:backtesting")  # cancelled orders


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_streamed_and_audited_runs_equal_the_plain_run(case, market, monkeypatch):
    stats = _plain(case, market, monkeypatch)
    orders = set()
    for causality in ("streamed", "audited"):
        result = run(
            case.source,
            market,
            config=case.config,
            parameters=case.parameters,
            files=case.files,
            causality=causality,
            **case.on,
        )
        assert_same(result, stats, case.unlike)
        assert (result.lookahead, result.fill_differences) == ((), None)
        orders.add(result.orders_sha256)
    assert len(orders) == 1
    assert "" not in orders


def test_order_of_the_last_bar_is_not_filled_in_its_past(market):
    """The package fills it at the open of the bar that the strategy has seen whole."""
    bars = len(market.bars("GOOG", "1d", None, GOOG["end"]).frame)
    source = HEAD + strategy("pass", f"if len(self.data) == {bars}:\n    self.buy(size=.9)")
    result = run(source, market, end=GOOG["end"])
    assert result.status is Status.PASSED, result
    assert (result.trades, result.metrics.return_pct) == ((), 0.0)
    assert (result.fill_differences.bars, result.fill_differences.first_bar) == (1, bars - 1)
    assert plain(source, market, end=GOOG["end"])["Return [%]"] != 0


def _plain(case, market, monkeypatch):
    for name, content in case.files.items():
        module = type(sys)(name.removesuffix(".py"))
        exec(content, module.__dict__)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return plain(case.source, market, config=case.config, parameters=case.parameters, **case.on)
