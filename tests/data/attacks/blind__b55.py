import pandas as pd
df = pd.DataFrame()
df.aggregate(func="to_parquet", path="/tmp/x")
