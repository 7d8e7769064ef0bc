import functools
class W:
    pass
def f():
    pass
functools.update_wrapper(W(), f, assigned=("__globals__",), updated=())
