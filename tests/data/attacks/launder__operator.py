import numpy
class C:
    def __add__(self, other):
        return other.load("x.npy")
C() + numpy
