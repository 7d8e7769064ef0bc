import pandas as pd
pd.api.typing.StataReader("/etc/passwd")
