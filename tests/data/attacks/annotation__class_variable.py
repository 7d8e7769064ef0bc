from dataclasses import dataclass
@dataclass
class A:
    x: "__import__('os')" = 1
