import pytest
import numpy as np
from numpy.testing import assert_allclose
from backtesting import Backtest
from backtesting.test import GOOG

@pytest.fixture
def bars(): return GOOG.iloc[:300]

@pytest.mark.parametrize("n, expected", [(5, 1), (10, 1)])
def test_runs(bars, n, expected, monkeypatch, caplog):
    from strategy import S
    stats = Backtest(bars, S, cash=10_000).run()
    assert stats["# Trades"] >= 0 and expected
    assert_allclose(np.array([1.0]), [1.0])
    with pytest.raises(ValueError, match="bad"): raise ValueError("bad")
    assert stats["Equity Final [$]"] == pytest.approx(stats._equity_curve.Equity.iloc[-1])
