import pandas as pd
hows = ["mean"]
hows.append("to_" + "csv")
pd.DataFrame().agg(hows)
