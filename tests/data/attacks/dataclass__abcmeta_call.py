from abc import ABCMeta
from dataclasses import dataclass
T = ABCMeta("X", (), {"__annotations__": {"x=print(1)": int}})
