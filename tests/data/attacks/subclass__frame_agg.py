import pandas as pd
class D(pd.DataFrame):
    def go(self):
        self.agg("to_pickle", path="/tmp/x")
