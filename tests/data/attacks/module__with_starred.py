import numpy
first, *rest = [numpy]
first.load("x.npy")
