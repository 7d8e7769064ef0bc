class A:
    def __init_subclass__(cls):
        cls.__init__.__globals__
class B(A):
    pass
