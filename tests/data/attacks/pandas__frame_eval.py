import pandas as pd
pd.DataFrame().eval("@x.__class__")
