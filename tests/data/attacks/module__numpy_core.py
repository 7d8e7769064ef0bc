import numpy as np
np.core.multiarray.fromfile("/etc/passwd")
