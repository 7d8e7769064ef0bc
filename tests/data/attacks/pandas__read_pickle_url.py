import pandas as pd
pd.read_pickle("http://10.0.0.1/x.pkl")
