import numpy as np
try:
    np.Inf
except AttributeError as e:
    match e:
        case AttributeError(obj=m):
            m.load("x.npy")
