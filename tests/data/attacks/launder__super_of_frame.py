import pandas as pd
class D(pd.DataFrame):
    def to_csv(self, *a):
        return super().to_csv(*a)
    def go(self):
        self.to_csv("/tmp/x")
