import pandas as pd
df = pd.DataFrame({"a": [1]})
df.query("@pd.read_pickle('x')")
