import math
getattr(math, "__lo" + "ader__")
