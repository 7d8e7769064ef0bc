import functools
functools.partial(__builtins__.__import__, "os")()
