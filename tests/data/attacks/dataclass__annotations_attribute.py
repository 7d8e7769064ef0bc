from dataclasses import dataclass
class A:
    x: int
A.__annotations__["x=print(1)"] = int
dataclass(A)
