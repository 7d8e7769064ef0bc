import numpy
(n := numpy).load("x.npy")
