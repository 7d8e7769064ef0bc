import pandas as pd
pd.DataFrame().pivot_table(aggfunc="to_pickle")
