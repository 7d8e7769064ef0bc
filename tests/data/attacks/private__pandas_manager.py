import pandas as pd
pd.DataFrame()._mgr.blocks
