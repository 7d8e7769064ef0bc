import pandas as pd
class Helper:
    def query(self, text):
        return text
h = Helper()
h = pd.DataFrame()
h.query("@x")
