import math
delattr(math, "sqrt")
