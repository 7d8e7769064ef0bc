"""PURE: what is allowed, topic by topic, from the texts of docs/rules.md and the policies."""

from collections.abc import Callable, Mapping

from bot.agents.size import page_of
from bot.checks.policies import Policies
from components.errors import UserError
from components.safe_tools.tree import DEFAULT_CAPS
from components.schema.catalogue import RULES as SCHEMA_RULES
from components.schema.definition.models import StrategyDefinition
from components.validator.registry.rules import RULES

TOPICS: Mapping[str, str] = {
    "work": "how a strategy gets from a folder to a verdict, and what you can't do",
    "folder": "which files a strategy has",
    "definition": "the fields of strategy.yaml",
    "code": "every rule for strategy.py; `rules(topic=RULE)` says one in full",
    "modules": "what may be imported",
    "schema": "every rule for strategy.yaml",
    "gates": "the costs, and what results must be",
}


def answer(topic: str, page: int, policies: Policies) -> str:
    """A page about a topic or a rule.

    Raises:
        UserError: there is no such topic.
    """
    if not topic:
        lines = [f"{name}: {about}" for name, about in TOPICS.items()]
        return page_of(lines, page, "rules(page={page})", "Topics of `rules`:")
    if topic in _LINES:
        ask = f"rules(topic={topic!r}, page={{page}})"
        head = f"{topic}: {TOPICS[topic]}"
        return page_of(_LINES[topic](policies), page, ask, head, again=f"{topic}, page {page}")
    return _one(topic)


def _one(rule: str) -> str:
    if (known := RULES.get(rule)) is not None:
        example = "\n".join(f"    {line}" for line in known.example.splitlines())
        return (
            f"{known.id} ({known.weight}): {known.title}. {known.why}\n"
            f"Instead: {known.instead}\nRefused, for example:\n{example}"
        )
    if (text := SCHEMA_RULES.get(rule)) is not None:
        return f"{rule}: {text.means}\nInstead: {text.instead}"
    topics = ", ".join(TOPICS)
    raise UserError(f"there is no topic or rule {rule[:60]!r}", hint=f"topics: {topics}")


def work(_policies: Policies) -> list[str]:
    """How to work with the bot."""
    return [
        "`check` runs all checks on a folder as it is: definition, code, sandbox, backtest, gates.",
        "Mend each error that it names; `rules(topic=RULE)` explains a rule.",
        "`submit` puts the folder on a branch of yours as a proposal; `wait` brings its verdict.",
        "`findings` shows the findings page by page.",
        "`compare` sets the figures beside those of what is deployed.",
        "Every backtest that the bot runs is a try, whatever its branch or name is.",
        "The more tries, the higher the Sharpe ratio that passes: `budget` says how high now.",
        "So think before you try: more variants of one idea only make the bar higher.",
        "A person deploys, rolls back, lifts holds and changes policies. No tool does.",
        "A strategy gets bars one at a time; what uses later ones fails.",
        "Raise `version` in strategy.yaml with each change of a deployed strategy.",
    ]


def folder(_policies: Policies) -> list[str]:
    """Which files a strategy has."""
    caps = DEFAULT_CAPS
    return [
        "strategies/NAME/strategy.yaml: what it is; `rules(topic='definition')` has its fields.",
        "strategies/NAME/strategy.py: a `Strategy` of the backtesting package; `init` and `next`.",
        "It may be left out where strategy.yaml has rules for entry and exit.",
        "NAME is `name` in strategy.yaml: letters, digits and _.",
        f"At most {caps.files} files, {caps.total_bytes >> 20} MiB in all, no links.",
        "Market data comes from the bot.",
    ]


def definition(policies: Policies) -> list[str]:
    """The fields of strategy.yaml."""
    required = set(policies.schema.required)
    return [
        f"{name}{' (required)' if name in required else ''}: {field.description or ''}".rstrip()
        for name, field in StrategyDefinition.model_fields.items()
    ]


def code(_policies: Policies) -> list[str]:
    """Every rule for code: what it finds, what to write instead."""
    return [f"{r.id} ({r.weight}): {r.title}. {r.instead}" for r in RULES.values()]


def modules(policies: Policies) -> list[str]:
    """What may be imported."""
    allowed = policies.code.modules.items()
    return [f"{name}: {module.why}".rstrip(": ") for name, module in allowed]


def schema(_policies: Policies) -> list[str]:
    """Every rule for definitions."""
    return [f"{name}: {text.means} Instead: {text.instead}." for name, text in SCHEMA_RULES.items()]


def gates(policies: Policies) -> list[str]:
    """The costs, and what results must be."""
    risk = policies.risk
    floors = ", ".join(f"{name} {value:g}" for name, value in risk.floors.model_dump().items())
    lines = [
        f"No symbol named: {', '.join(risk.defaults.symbols)} {risk.defaults.interval}.",
        f"Costs are at least: {floors}.",
    ]
    for gate in risk.gates:
        against = {"absolute": "", "base": " vs deployed", "benchmark": " vs holding"}[gate.compare]
        weight = "fails" if gate.severity == "block" else "warns"
        why = f": {gate.message}" if gate.message else ""
        lines.append(f"{gate.id} ({weight}): {gate.metric}{against} {gate.op} {gate.value:g}{why}")
    return lines


_LINES: Mapping[str, Callable[[Policies], list[str]]] = {
    "work": work,
    "folder": folder,
    "definition": definition,
    "code": code,
    "modules": modules,
    "schema": schema,
    "gates": gates,
}
