from backtesting import Strategy


class S(Strategy):
    def init(self):
        print("init", self.data.index[0], sep=": ", end="\n", flush=True)

    def next(self):
        self.buy()


if __name__ == "__main__":
    import backtesting.test as bt_test
    from backtesting import Backtest
    out = Backtest(bt_test.GOOG, S).run()
    for key in ("Return [%]", "Sharpe Ratio"):
        print(f"{key:<20}{out[key]:>10.3f}")
    trades = out["_trades"]
    curve = out["_equity_curve"]
    print(trades.head().to_string(), curve.Equity.iloc[-1])
    raise SystemExit(0)
