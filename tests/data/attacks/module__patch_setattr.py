import math
setattr(math, "sqrt", lambda x: 0)
