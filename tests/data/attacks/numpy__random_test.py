import numpy as np
np.random.test()
