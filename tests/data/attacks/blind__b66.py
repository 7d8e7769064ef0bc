class A:
    __slots__ = ()
    def __reduce__(self): return eval, ("1",)
