import pandas as pd
pd.Series.apply(pd.Series([1]), "to_csv", path_or_buf="/tmp/x")
