from numpy import load
load("x.npy", allow_pickle=True)
