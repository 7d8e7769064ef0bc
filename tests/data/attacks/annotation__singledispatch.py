from functools import singledispatch
from typing import List
T = List["__import__('os').system('id')"]
@singledispatch
def f(x):
    pass
@f.register
def _(x: T):
    pass
