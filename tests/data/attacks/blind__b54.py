import pandas as pd
pd.Series([1]).rolling(1).agg("__class__")
