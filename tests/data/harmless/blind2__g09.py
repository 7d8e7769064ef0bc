from backtesting import Strategy
class Base:
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.kinds = [*getattr(cls, "kinds", []), cls.__name__]
class A(Base): pass
class B(A):
    def __init__(self, x): self.x = x
    def __lt__(self, o): return self.x < o.x if isinstance(o, B) else NotImplemented
    def __eq__(self, o):
        if self.__class__ != o.__class__: return NotImplemented
        return self.x == o.x
    def __hash__(self): return hash((type(self), self.x))
class S(Strategy):
    def init(self): self.b = [B(2), B(1)]
    def next(self):
        if sorted(self.b)[0].x == 1 and B.kinds: self.buy()
