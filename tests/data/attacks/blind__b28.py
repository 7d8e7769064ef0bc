import numpy as np
np.lib.format.read_array
