from dataclasses import dataclass
@dataclass
class A:
    __annotations__ = {"x=print(1)": int}
