import functools
functools.singledispatch.__globals__["sys"]
