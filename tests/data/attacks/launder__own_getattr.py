import numpy
def getattr(m, n):
    return m.load(n)
getattr(numpy, "x.npy")
