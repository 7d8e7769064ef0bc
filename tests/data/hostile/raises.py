import numpy as np


def inner(values):
    return np.asarray(values).reshape(3, 3)


def outer():
    inner([1, 2])


outer()
