import pandas as pd
pd.DataFrame().agg("".join(["to_", "pickle"]), path="/tmp/x")
