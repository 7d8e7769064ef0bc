import pandas as pd
w = pd.Series([1]).to_pickle
w("/tmp/x")
