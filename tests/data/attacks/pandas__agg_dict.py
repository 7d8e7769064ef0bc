import pandas as pd
pd.DataFrame().agg({"a": "to_csv"})
