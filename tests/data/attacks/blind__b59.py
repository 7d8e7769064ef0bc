import pandas as pd
pd.DataFrame().agg(**{"func": "to_pickle", "path": "x"})
