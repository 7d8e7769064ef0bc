import pandas as pd
pd.DataFrame().apply(**{"func": "to_pickle"})
