import numpy
def outer():
    n = None
    def inner():
        nonlocal n
        n = numpy
    inner()
    return n.load("x.npy")
