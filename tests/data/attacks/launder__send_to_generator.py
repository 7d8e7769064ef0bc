import numpy
def g():
    m = yield
    m.load("x.npy")
next(g())
g().send(numpy)
