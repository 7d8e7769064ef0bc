import numpy as np
np.zeros(1).__array_interface__
