import numpy
for m in (numpy,):
    m.load("x.npy")
