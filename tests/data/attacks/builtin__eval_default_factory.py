from dataclasses import dataclass, field
@dataclass
class X:
    a: int = field(default_factory=breakpoint)
