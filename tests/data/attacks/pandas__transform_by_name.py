import pandas as pd
pd.DataFrame().transform("eval", expr="1")
