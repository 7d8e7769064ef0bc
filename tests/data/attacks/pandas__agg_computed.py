import pandas as pd
pd.DataFrame().agg("to_" + "pickle", path="/tmp/x")
