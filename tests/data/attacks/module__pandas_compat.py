import pandas as pd
pd.compat.pickle_compat.pkl.loads(b"")
