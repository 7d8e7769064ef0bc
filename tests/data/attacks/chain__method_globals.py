from backtesting.lib import crossover
crossover.__globals__["warnings"]
