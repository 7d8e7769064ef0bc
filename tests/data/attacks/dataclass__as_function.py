from dataclasses import dataclass
make = dataclass
class A:
    pass
make(A)
