import numpy as np
a = np.array([1])
a.__class__.__module__.__class__
