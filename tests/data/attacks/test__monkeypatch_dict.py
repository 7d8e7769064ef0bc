from backtesting.lib import OHLCV_AGG
def test_a(monkeypatch):
    monkeypatch.setitem(OHLCV_AGG, 'x', 1)
