import pandas as pd
w = pd.DataFrame.to_csv
