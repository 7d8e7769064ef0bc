import pandas as pd
how = "to_pickle"
pd.DataFrame().agg(how, path="/tmp/x")
