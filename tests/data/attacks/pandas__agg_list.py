import pandas as pd
pd.DataFrame().agg(["mean", "to_pickle"])
