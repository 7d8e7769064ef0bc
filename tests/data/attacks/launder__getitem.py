import numpy
class C:
    def __getitem__(self, other):
        return other.load("x.npy")
C()[numpy]
