import numpy
def lib():
    return numpy
lib().load("x.npy")
