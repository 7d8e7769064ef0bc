import numpy as np
hoard = []
while True:
    hoard.append(np.ones(4_000_000))
