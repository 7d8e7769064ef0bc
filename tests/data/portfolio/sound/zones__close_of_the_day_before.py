"""Tokyo follows New York's last close that is over, by time and not by date."""

import pandas as pd
from algoops import PortfolioStrategy


class Follows(PortfolioStrategy):
    def init(self):
        self.gain = self.I(lambda close: pd.Series(close).pct_change(), self.data["NYC"].Close)

    def next(self):
        if "TOK" in self.listed and len(self.gain):
            self.target({"TOK": 0.9} if self.gain[-1] > 0 else {"TOK": -0.9})
