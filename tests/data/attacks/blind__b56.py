import pandas as pd
m = {"a": "mean"}
m["a"] = "to_pickle"
pd.DataFrame().agg(m)
