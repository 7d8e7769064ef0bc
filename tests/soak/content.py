"""PURE: strategies that the soak's authors write, and where each kind must be caught."""

from dataclasses import dataclass
from enum import StrEnum

from bot.config.settings import PROJECT
from components.schema.results.values import CheckName, Verdict

EXAMPLE = PROJECT / "examples/strategies/sma_cross"
PROPOSALS = PROJECT / "examples/proposals"


class Kind(StrEnum):
    """What is wrong with a strategy, if anything."""

    SOUND = "sound"
    BROKEN = "broken-definition"
    DANGEROUS = "dangerous-code"
    ENDLESS = "endless-loop"
    FUTURE = "future-bars"
    GREEDY = "too-much-memory"
    RAISES = "raises"


CAUGHT_AT = {
    Kind.SOUND: frozenset({CheckName.POLICY}),
    Kind.BROKEN: frozenset({CheckName.SCHEMA}),
    Kind.DANGEROUS: frozenset({CheckName.CODE}),
    Kind.ENDLESS: frozenset({CheckName.SANDBOX_TEST}),
    Kind.FUTURE: frozenset({CheckName.LOOKAHEAD}),
    Kind.GREEDY: frozenset({CheckName.SANDBOX_TEST}),
    Kind.RAISES: frozenset({CheckName.SANDBOX_TEST}),
}
"""Where a strategy of this kind may fail; a sound one only at the gates of the policy."""

_FIRST_LINE = "        self.quick = self.I("
_SPOILT = {
    Kind.ENDLESS: "        while len(self.data) > 0:\n            pass\n",
    Kind.GREEDY: '        self.much = ["x" * 1_000_000 for _ in range(4_000)]\n',
    Kind.RAISES: '        raise ValueError("the soak wants it")\n',
}


@dataclass(frozen=True)
class Content:
    """One strategy as an author writes it; `variant` makes two of one version differ."""

    kind: Kind
    name: str
    version: str
    variant: int


def possible(kind: Kind, verdict: Verdict, stage: CheckName | None) -> bool:
    """Whether content of a kind can come to a verdict. Our own faults are never the author's."""
    if verdict is Verdict.FAILED:
        return stage in CAUGHT_AT[kind]
    return verdict is Verdict.ERROR or (verdict is Verdict.PASSED and kind is Kind.SOUND)


def files(content: Content) -> dict[str, str]:
    """The strategy's folder: path inside it -> text."""
    if content.kind is Kind.DANGEROUS:
        return _example("dangerous-code", "data_collector", content)
    if content.kind is Kind.FUTURE:
        return _example("future-bars", "oracle", content)
    definition = _definition(EXAMPLE / "strategy.yaml", "sma_cross", content)
    definition = definition.replace("symbols: [SPX, IXIC]", "symbols: [SPX]").replace(
        "default: 30,", f"default: {5 * (1 + content.variant % 12)},"
    )
    if content.kind is Kind.BROKEN:
        definition = definition.replace("entry_rules:", "entry_rulez:")
    code = (EXAMPLE / "strategy.py").read_text(encoding="utf-8")
    spoilt = _SPOILT.get(content.kind, "")
    code = code.replace(_FIRST_LINE, spoilt + _FIRST_LINE, 1)
    return {"strategy.yaml": definition, "strategy.py": f"{code}\n# {content.variant}\n"}


def _example(proposal: str, name: str, content: Content) -> dict[str, str]:
    folder = PROPOSALS / proposal / "strategies" / name
    code = (folder / "strategy.py").read_text(encoding="utf-8")
    return {
        "strategy.yaml": _definition(folder / "strategy.yaml", name, content),
        "strategy.py": f"{code}\n# {content.variant}\n",
    }


def _definition(file, name: str, content: Content) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("name:", "version:"))]
    return "\n".join([f"name: {content.name}", f'version: "{content.version}"', *kept, ""])
