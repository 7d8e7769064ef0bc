import pandas as pd
pd.DataFrame().apply("to_csv", args=("/tmp/x",))
