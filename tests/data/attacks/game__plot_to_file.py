from backtesting import Backtest
Backtest(None, None).plot(filename="/tmp/x.html")
