import numpy as np
np.f2py.compile("x")
