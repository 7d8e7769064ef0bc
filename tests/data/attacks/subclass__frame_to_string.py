import pandas as pd
class D(pd.DataFrame):
    def go(self):
        self.to_string("/tmp/x")
