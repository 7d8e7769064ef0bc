import numpy
class C:
    def __eq__(self, other):
        return other.load("x.npy", allow_pickle=True)
C() == numpy
