import numpy as np
np.lib.npyio.DataSource().open("http://10.0.0.1/x")
