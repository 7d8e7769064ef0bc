from dataclasses import dataclass
@dataclass
class A(metaclass=lambda n, b, s: type(n)):
    pass
