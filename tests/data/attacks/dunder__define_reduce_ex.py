class A:
    def __reduce_ex__(self, protocol):
        return (print, ("x",))
