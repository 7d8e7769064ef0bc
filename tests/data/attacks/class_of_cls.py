class A:
    @classmethod
    def f(cls):
        return cls.__class__
