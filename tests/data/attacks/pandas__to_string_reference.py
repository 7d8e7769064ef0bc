import pandas as pd
w = pd.DataFrame().to_string
w("/tmp/x")
