import numpy as np
try:
    np.NaN
except AttributeError as e:
    e.obj.load("x.npy", allow_pickle=True)
