from types import MethodType
MethodType(print, 1)
