import pandas as pd
pd.DataFrame().to_markdown(buf="/tmp/x")
