import numpy as np
n = np
m = n
m.load("x.npy")
