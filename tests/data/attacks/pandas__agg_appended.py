import pandas as pd
hows = ["mean"]
hows.append("to_pickle")
pd.DataFrame().agg(hows)
