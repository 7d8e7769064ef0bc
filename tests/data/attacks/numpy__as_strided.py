from numpy.lib.stride_tricks import as_strided
import numpy as np
as_strided(np.zeros(1), (10**6,), (8,))
