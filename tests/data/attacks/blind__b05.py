import pandas as pd
for n in ["read_csv", "read_json"]:
    getattr(pd, n)("/etc/passwd")
