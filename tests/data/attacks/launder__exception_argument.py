import numpy
try:
    raise ValueError(numpy)
except ValueError as e:
    e.args[0].load("x.npy")
