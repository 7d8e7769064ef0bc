import numpy as np
np.genfromtxt("http://10.0.0.1/x")
