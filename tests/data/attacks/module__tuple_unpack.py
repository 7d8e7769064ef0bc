import numpy, math
a, b = numpy, math
a.load("x.npy")
