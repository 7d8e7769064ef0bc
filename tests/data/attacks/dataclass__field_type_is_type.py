from dataclasses import dataclass, fields
@dataclass
class A:
    x: type
fields(A)[0].type("X", (), {})
