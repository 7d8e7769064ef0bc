from dataclasses import dataclass, field

f = field(default=1)


@dataclass
class A:
    x: int = f


f.name, y = "x=print(1)", 2


@dataclass
class B(A):
    pass
