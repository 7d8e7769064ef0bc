import numpy
def deco(m):
    return lambda f: m.load("x.npy")
@deco(numpy)
def f():
    pass
