from functools import singledispatch
T = "__import__('os').system('id')"
@singledispatch
def f(x):
    pass
@f.register
def _(x: T):
    pass
