import pandas as pd
loader = getattr(pd, "read_" + "csv")
loader("/etc/passwd")
