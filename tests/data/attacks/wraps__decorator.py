from functools import wraps
def f():
    pass
@wraps(f, assigned=("__globals__",))
def g():
    pass
