import numpy
def gen():
    yield numpy
next(gen()).load("x.npy")
