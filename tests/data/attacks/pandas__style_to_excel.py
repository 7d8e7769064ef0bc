import pandas as pd
pd.DataFrame().style.to_excel("/tmp/x.xlsx")
