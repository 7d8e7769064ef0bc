import numpy as np
try:
    np.Inf
except AttributeError as e:
    getattr(e, "obj").load("x.npy")
