from backtesting import Strategy
Strategy.__subclasses__()
