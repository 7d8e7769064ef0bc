import pandas as pd
pd.DataFrame({"a": [1]}).groupby("a").agg(x=("a", "to_pickle"))
