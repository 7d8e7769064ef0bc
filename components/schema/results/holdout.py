"""What the sealed bars say of a content: one bit, and nothing else."""

from typing import Literal

from components.schema.results.base import Value

HoldoutState = Literal[
    "agrees",
    "does not agree",
    "no looks left",
    "too few bars",
    "to be asked",
    "not asked",
    "not answered",
]


class HoldoutAnswer(Value):
    """The answer to one content.

    Attributes:
        content: SHA-256 (hex) of all that decides the orders, but for names and data.
        state: the answer, or why there is none.
        looks_left: of the looks that the policy gives; None: not counted here.
        why: why nothing was asked, in words.
    """

    content: str
    state: HoldoutState = "not asked"
    looks_left: int | None = None
    why: str = ""
