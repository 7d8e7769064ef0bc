from typing import get_type_hints
def f(x: "print('x')"):
    pass
get_type_hints(f)
