import numpy as np
np.lib.add_newdoc("os", "system", "x")
