import numpy, math
m = numpy if True else math
m.load("x.npy")
