from dataclasses import dataclass
T = type.__call__(type, "X", (), {"__annotations__": {"x=print(1)": int}})
