import pandas as pd
pd.DataFrame().agg(*["to_pickle"], path="x")
