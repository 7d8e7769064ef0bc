import pandas as pd
pd.Series([1]).to_pickle("/tmp/x")
