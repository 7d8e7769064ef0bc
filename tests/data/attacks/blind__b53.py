import pandas as pd
pd.DataFrame({"a": [1]}).groupby("a").apply("to_pickle", "/tmp/x")
