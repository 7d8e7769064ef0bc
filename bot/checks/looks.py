"""What is asked of the sealed bars, who counts the looks, and what a report says of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from components.schema.policies.risk import Holdout, RiskPolicy
from components.schema.results.holdout import HoldoutAnswer
from components.schema.results.values import CheckName, Finding, Severity

RULE = "holdout"
OTHER_GATES = "it is asked once all other blocking gates hold"


@dataclass(frozen=True)
class SealedBars:
    """The sealed bars of one symbol: first sealed day, and day of the last bar (ISO)."""

    symbol: str
    interval: str
    sealed_from: str
    last_bar: str


@dataclass(frozen=True)
class HoldoutQuestion:
    """What the sealed bars are asked.

    Attributes:
        name, tree: of the strategy and its folder.
        content: see `HoldoutAnswer`.
        parts: what is sealed now; empty: only an answer that stands is wanted.
    """

    name: str
    tree: str
    content: str
    parts: tuple[SealedBars, ...] = ()


class Looker(Protocol):
    """Who keeps answers and counts looks."""

    def answered(self, question: HoldoutQuestion, policy: Holdout) -> HoldoutAnswer | None:
        """What is to be said without a look; None: there is a look left, and it has to be taken."""

    def looked(
        self,
        question: HoldoutQuestion,
        policy: Holdout,
        figures: Mapping[str, Any],
        *,
        agrees: bool | None,
    ) -> HoldoutAnswer:
        """Count a look and keep its answer, both or none.

        Args:
            question: what was asked.
            policy: how many looks there are.
            figures: for operators alone.
            agrees: None: the machine failed.
        """


def holdout_findings(answer: HoldoutAnswer | None, policy: RiskPolicy) -> tuple[Finding, ...]:
    """What a report says of an answer: the same words whatever the run over the sealed bars did."""
    if answer is None or policy.holdout is None:
        return ()
    told = answer.state in {"agrees", "not asked"}
    weight = Severity.ERROR if policy.holdout.severity == "block" else Severity.WARNING
    finding = Finding(
        check=CheckName.POLICY,
        rule=RULE,
        severity=Severity.INFO if told else weight,
        message=_words(answer),
        hint=_HINTS.get(answer.state, ""),
    )
    return (finding,)


def _words(answer: HoldoutAnswer) -> str:
    left = answer.looks_left
    looks = "" if left is None else f"; {left} look{'' if left == 1 else 's'} left"
    match answer.state:
        case "agrees" | "does not agree":
            return f"the holdout {answer.state}{looks}"
        case "no looks left":
            return "the holdout was not asked: no looks are left"
        case "too few bars":
            return "the holdout was not asked: too few bars are sealed, or open, to tell anything"
        case "to be asked":
            return "the holdout was not asked yet"
        case "not answered":
            return f"the holdout could not be asked, because the machine failed{looks}"
        case "not asked":
            return f"the holdout was not asked: {answer.why}"


_HINTS = {
    "does not agree": (
        "on the sealed bars it falls further below the rest than chance explains; a run there that"
        " ends with an exception or at a limit counts as that too"
    ),
    "no looks left": (
        "operators see the looks with `algoops holdout show`; more of them are a change of the"
        " policy (holdout: looks)"
    ),
    "to be asked": "have it checked again",
}
