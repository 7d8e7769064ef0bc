from backtesting import Strategy


class S(Strategy):
    risk_pct: float = 1.0
    _min_size, _max_size = 0.01, 0.99
    __slots__ = ()

    def init(self):
        self._equity_curve: list[float] = []
        self._position_size = 0.1
        self._cash = 0
        self._name = "x"

    @property
    def size(self) -> float:
        raw = self.risk_pct / 100 / max(1e-9, self.volatility)
        return min(self._max_size, max(self._min_size, raw))

    @property
    def volatility(self) -> float:
        c = self.data.Close[-20:]
        return float(c.std() / c.mean()) if len(c) > 1 else 1.0

    def next(self):
        self._equity_curve.append(self.equity)
        if not self.position:
            self.buy(size=self.size or self._position_size)
