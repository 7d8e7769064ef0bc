from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import pandas as pd

class Buy(Strategy):
    def init(self): ...
    def next(self):
        if len(self.trades) == 0: self.buy()

if __name__ == '__main__':
    results = []
    for year in range(2005, 2013):
        chunk = GOOG.loc[str(year)]
        stats = Backtest(chunk, Buy, cash=1e4, commission=lambda size, price: abs(size) * .01).run()
        results.append({'year': year, **stats[['Return [%]', 'Max. Drawdown [%]']].to_dict()})
    table = pd.DataFrame(results).set_index('year')
    print(table.describe().round(2), table.to_markdown() if False else '', stats._trades.tail(), sep='\n')
