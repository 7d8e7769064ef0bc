from dataclasses import dataclass
@dataclass
class A:
    x: int = 0
A.__dataclass_fields__["x"].name = "x=print(1)"
