import warnings
class A:
    def __init__(self):
        self._sys = 1
def f(x):
    return x._sys
