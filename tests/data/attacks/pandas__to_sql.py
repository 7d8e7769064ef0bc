import pandas as pd
pd.DataFrame().to_sql("t", "sqlite:////tmp/x")
