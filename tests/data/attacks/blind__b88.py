class M(type):
    def mro(cls):
        return [cls, object]
class A(metaclass=M): pass
A.__mro__
