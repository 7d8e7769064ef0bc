import math
for n in ("__doc__", "__loader__"):
    getattr(math, n)
