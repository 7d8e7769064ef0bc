"""Tokyo follows New York's close of the same date, which comes half a day later."""

import pandas as pd
from algoops import PortfolioStrategy


def dates(index):
    return (index + pd.Timedelta(hours=12)).normalize().tz_localize(None)


def gain_of_the_date(close, tokyo, york):
    gains = pd.Series(york.Close).pct_change().set_axis(dates(york.index))
    return gains.reindex(dates(tokyo.index)).to_numpy()


class Follows(PortfolioStrategy):
    def init(self):
        tokyo, york = self.data["TOK"], self.data["NYC"]
        self.gain = self.I(gain_of_the_date, tokyo.Close, tokyo, york)

    def next(self):
        if "TOK" in self.listed:
            self.target({"TOK": 0.9} if self.gain[-1] > 0 else {"TOK": -0.9})
