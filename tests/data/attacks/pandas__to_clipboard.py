import pandas as pd
pd.DataFrame().to_clipboard()
