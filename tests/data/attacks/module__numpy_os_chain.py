import numpy as np
np.lib.npyio.os.system("id")
