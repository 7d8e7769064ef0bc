class M(type):
    def __instancecheck__(cls, other):
        return True
class P(metaclass=M):
    __match_args__ = ("__globals__",)
def f():
    pass
match f:
    case P(g):
        g["__builtins__"]
