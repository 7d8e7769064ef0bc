import numpy as np
np.__version__.__class__.__base__
