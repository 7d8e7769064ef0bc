import functools
T = "".join(["pri", "nt(1)"])
@functools.singledispatch
def f(x):
    pass
@f.register
def _(x: T):
    pass
