import pandas as pd
pd.DataFrame().groupby("a").agg(x=pd.NamedAgg("a", "to_pickle"))
