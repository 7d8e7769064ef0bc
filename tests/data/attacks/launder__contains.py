import numpy
class C:
    def __contains__(self, other):
        return other.load("x.npy")
numpy in C()
