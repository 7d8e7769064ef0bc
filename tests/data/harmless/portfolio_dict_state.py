from collections import defaultdict
from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        self.state = {"os": 1, "sys": 2, "eval": 3, "__class__": 4}
        self.counts = defaultdict(lambda: defaultdict(int))
        self.frame = pd.DataFrame(columns=["to_csv", "query"])

    def next(self):
        self.state["eval"] += 1
        self.counts["a"]["b"] += 1
        self.state.setdefault("open", self.data.Open[-1])
        if self.state["os"] and "exec" not in self.state:
            self.buy()
        self.state.update(close=self.data.Close[-1], open=self.data.Open[-1])
        self.state = {k: v for k, v in self.state.items() if not k.startswith("_")}
