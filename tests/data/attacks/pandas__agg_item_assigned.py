import pandas as pd
how = {}
how["a"] = "to_pickle"
pd.DataFrame().agg(how, path="/tmp/x")
