from dataclasses import dataclass, fields
@dataclass
class A:
    x: int = 0
fields(A)[0].name = "x=print(1)"
@dataclass
class B(A):
    y: int = 0
