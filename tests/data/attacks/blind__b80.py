import numpy as np
np.frompyfunc(open, 1, 1)(["x"])
