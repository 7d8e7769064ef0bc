import numpy
def reach(m):
    return m.load("/tmp/x.npy", allow_pickle=True)
reach(numpy)
