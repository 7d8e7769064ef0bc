import pandas as pd
pd.DataFrame.to_csv(pd.DataFrame(), "/tmp/x")
