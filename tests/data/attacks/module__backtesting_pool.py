import backtesting
backtesting.Pool(4)
