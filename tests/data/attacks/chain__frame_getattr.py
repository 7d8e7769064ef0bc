import pandas as pd
pd.DataFrame().__getattr__("to_csv")("/tmp/x")
