import numpy as np
np.fromfile("/etc/passwd", dtype="u1")
