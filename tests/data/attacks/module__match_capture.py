import numpy
match numpy:
    case n:
        n.load("x.npy")
