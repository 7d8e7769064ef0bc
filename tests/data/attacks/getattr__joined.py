import math
getattr(math, "".join(["__", "loader", "__"]))
