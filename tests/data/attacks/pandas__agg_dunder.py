import pandas as pd
pd.DataFrame().agg("__reduce__")
