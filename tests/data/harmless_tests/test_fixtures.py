import numpy as np
import pytest
import strategy
from backtesting import Backtest
from backtesting.test import GOOG
from strategy import S


@pytest.fixture(params=[10, 20], ids=["ten", "twenty"])
def length(request):
    return request.param


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(S, "n", 5)
    monkeypatch.setattr(strategy, "LIMIT", 3)
    monkeypatch.setattr("strategy.LIMIT", 4)


@pytest.fixture(scope="module")
def bars():
    yield GOOG.iloc[:300]


class TestS:
    def setup_method(self):
        self.cash = 10_000

    @classmethod
    def setup_class(cls):
        cls.kept = 1

    def test_runs(self, bars, length, capsys, caplog):
        stats = Backtest(bars, S, cash=self.cash).run(n=length)
        assert stats["# Trades"] >= 0
        assert capsys.readouterr().out == ""


def test_raises():
    with pytest.raises(ValueError, match="bad") as caught:
        raise ValueError("bad")
    assert "bad" in str(caught.value)
    np.testing.assert_allclose([1.0], [1.0])


@pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 3)])
@pytest.mark.skipif(np.__version__ < "1", reason="old")
def test_next(a, b):
    assert a + 1 == b


def helper(request):
    return request.url
