import pandas as pd
pd.Series([1]).plot(backend="evil_module")
