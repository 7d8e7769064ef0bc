"""What `algoops doctor` has to say of one thing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Symptom:
    """One thing looked at: whether it is well, what was seen, and what to do if not.

    A `warning` is well, and yet worth a look.
    """

    what: str
    well: bool
    seen: str
    advice: str = ""
    warning: bool = False
