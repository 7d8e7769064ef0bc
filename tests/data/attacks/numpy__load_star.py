from numpy import *
load("x.npy", allow_pickle=True)
