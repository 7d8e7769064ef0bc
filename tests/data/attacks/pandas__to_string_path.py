import pandas as pd
pd.DataFrame().to_string("/tmp/x")
