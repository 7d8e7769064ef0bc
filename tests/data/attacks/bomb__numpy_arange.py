import numpy as np
x = np.arange(10_000_000_000)
