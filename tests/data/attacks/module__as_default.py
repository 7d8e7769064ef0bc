import numpy
def reach(m=numpy):
    return m.load("/tmp/x.npy", allow_pickle=True)
