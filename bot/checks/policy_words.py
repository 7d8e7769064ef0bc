"""PURE: two sets of policies -> in words, what the second loosens, tightens or alters of the first.

What has no order (a gate on another metric) counts as loosened where it takes away what held.
"""

from collections.abc import Iterator

from bot.checks.policies import Policies
from bot.checks.policy_difference import (
    Effect,
    PolicyDifference,
    altered,
    among,
    number,
    opposite,
    ordered,
)
from components.schema.policies.code import CodePolicy, ModuleRule
from components.schema.policies.risk import CausalityPolicy, Gate, Holdout, RiskPolicy
from components.schema.policies.schema import DEFAULT_SEVERITIES, SchemaPolicy
from components.schema.results.values import Severity
from components.validator.registry.rules import RULES

SCHEMA, CODE, RISK = "schema.yaml", "code.yaml", "risk.yaml"
_SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.ERROR)
_WEIGHTS = {Severity.INFO: "off", Severity.WARNING: "warn", Severity.ERROR: "block"}
_MORE_IS_LOOSER, _MORE_IS_STRICTER = Effect.LOOSENS, Effect.TIGHTENS


def differences(old: Policies, new: Policies) -> tuple[PolicyDifference, ...]:
    """All that `new` changes of what `old` says, what loosens first.

    Never empty where a rule differs; empty where only comments, reasons or the order do.
    """
    said = [
        *_schema(old.schema, new.schema),
        *_code(old.code, new.code),
        *_risk(old.risk, new.risk),
    ]
    order = list(Effect)
    return tuple(sorted(said, key=lambda one: order.index(one.effect)))


# --- schema.yaml -------------------------------------------------------------------------------


def _schema(old: SchemaPolicy, new: SchemaPolicy) -> Iterator[PolicyDifference]:
    yield from among(SCHEMA, "required", old.required, new.required, more=_MORE_IS_STRICTER)
    yield from altered(SCHEMA, "name_pattern", old.name_pattern, new.name_pattern)
    yield from among(SCHEMA, "frameworks", old.frameworks, new.frameworks, more=_MORE_IS_LOOSER)
    sides = (_flag(old.folder_is_name), _flag(new.folder_is_name))
    yield from ordered(SCHEMA, "folder_is_name", *sides, ("no", "yes"))
    longest = (old.max_rule_length, new.max_rule_length)
    yield from number(SCHEMA, "max_rule_length", *longest, higher=_MORE_IS_LOOSER)
    for rule in sorted(DEFAULT_SEVERITIES):
        severities = (old.severity(rule), new.severity(rule))
        yield from ordered(SCHEMA, f"severity of {rule}", *severities, _SEVERITIES)


# --- code.yaml ---------------------------------------------------------------------------------


def _code(old: CodePolicy, new: CodePolicy) -> Iterator[PolicyDifference]:
    yield from among(CODE, "modules", old.modules, new.modules, more=_MORE_IS_LOOSER)
    for name in sorted(set(old.modules) & set(new.modules)):
        yield from _module(name, old.modules[name], new.modules[name])
    yield from among(CODE, "known", old.known, new.known, more=_MORE_IS_LOOSER)
    for key in ("dangerous", "closed_methods", "closed_unless_own"):
        sides = (getattr(old, key), getattr(new, key))
        yield from among(CODE, key, *sides, more=_MORE_IS_STRICTER)
    for rule in sorted(set(old.rules) | set(new.rules)):
        weights = (old.rules.get(rule) or _own(rule), new.rules.get(rule) or _own(rule))
        yield from ordered(CODE, f"rule {rule}", *weights, ("off", "warn", "block"))
    for key in type(old.limits).model_fields:
        bounds = (getattr(old.limits, key), getattr(new.limits, key))
        yield from number(CODE, f"limits.{key}", *bounds, higher=_MORE_IS_LOOSER)


def _own(rule: str) -> str:
    """The weight of a rule that the policy does not name."""
    return _WEIGHTS[RULES[rule].weight] if rule in RULES else "block"


def _module(name: str, old: ModuleRule, new: ModuleRule) -> Iterator[PolicyDifference]:
    what = f"module `{name}`"
    yield from among(CODE, f"{what}, closed", old.closed, new.closed, more=_MORE_IS_STRICTER)
    yield from among(CODE, f"{what}, also", old.also, new.also, more=_MORE_IS_LOOSER)
    sides = (_flag(old.tests_only), _flag(new.tests_only))
    yield from ordered(CODE, f"{what}, only for tests", *sides, ("no", "yes"))
    if old.only is not None and new.only is not None:
        yield from among(CODE, f"{what}, only", old.only, new.only, more=_MORE_IS_LOOSER)
    elif old.only is not None or new.only is not None:
        opened = new.only is None
        effect = Effect.LOOSENS if opened else Effect.TIGHTENS
        yield PolicyDifference(
            effect, CODE, f"{what}: {'no longer bound to' if opened else 'bound to'} `only`"
        )


# --- risk.yaml ---------------------------------------------------------------------------------


def _risk(old: RiskPolicy, new: RiskPolicy) -> Iterator[PolicyDifference]:
    yield from _gates(old, new)
    for key in type(old.floors).model_fields:  # a margin of 1 allows no leverage, 0.5 twofold
        bounds = (getattr(old.floors, key), getattr(new.floors, key))
        yield from number(RISK, f"floors.{key}", *bounds, higher=_MORE_IS_STRICTER)
    yield from _causality(old.causality, new.causality)
    yield from _further(old, new, "robustness")
    yield from _further(old, new, "walk_forward")
    for key in type(old.out_of_sample).model_fields:
        walks = (getattr(old.out_of_sample, key), getattr(new.out_of_sample, key))
        yield from altered(RISK, f"out_of_sample.{key}", *walks)
    families = (old.luck.family, new.luck.family)
    yield from ordered(RISK, "luck.family", *families, ("strategy", "data", "repository"))
    yield from _holdout(old.holdout, new.holdout)
    actions = (old.recheck.action, new.recheck.action)
    strictness = ("notify", "propose_rollback", "rollback")
    yield from ordered(RISK, "recheck.action", *actions, strictness)
    yield from number(
        RISK,
        "data.max_gap_days",
        old.data.max_gap_days,
        new.data.max_gap_days,
        higher=_MORE_IS_LOOSER,
    )
    yield from among(RISK, "data.block", old.data.block, new.data.block, more=_MORE_IS_STRICTER)
    for key in type(old.defaults).model_fields:
        values = (getattr(old.defaults, key), getattr(new.defaults, key))
        yield from altered(RISK, f"defaults.{key}", *values)
    yield from altered(RISK, "backtest", old.backtest, new.backtest)


def _gates(old: RiskPolicy, new: RiskPolicy) -> Iterator[PolicyDifference]:
    before, after = ({gate.id: gate for gate in policy.gates} for policy in (old, new))
    for name in sorted(before.keys() - after.keys()):
        yield PolicyDifference(
            Effect.LOOSENS, RISK, f"removes the gate {_gate_in_words(before[name])}"
        )
    for name in sorted(after.keys() - before.keys()):
        yield PolicyDifference(
            Effect.TIGHTENS, RISK, f"adds the gate {_gate_in_words(after[name])}"
        )
    for name in sorted(before.keys() & after.keys()):
        yield from _gate(before[name], after[name])


def _gate(old: Gate, new: Gate) -> Iterator[PolicyDifference]:
    what = f"gate `{old.id}`"
    weights = (old.severity, new.severity)
    yield from ordered(RISK, f"{what}, severity", *weights, ("warn", "block"))
    narrower = old.scope == "both"
    if old.scope != new.scope:
        effect = Effect.TIGHTENS if new.scope == "both" else Effect.LOOSENS
        words = f"{what}, scope: {new.scope} {'only ' if narrower else ''}instead of {old.scope}"
        yield PolicyDifference(effect, RISK, words)
    if (old.metric, old.compare, old.op[0]) != (new.metric, new.compare, new.op[0]):
        words = f"{what} judges something else: {_gate_in_words(new)} instead of {_condition(old)}"
        yield PolicyDifference(Effect.LOOSENS, RISK, words)
        return
    if old.op != new.op:
        effect = Effect.LOOSENS if new.op.endswith("=") else Effect.TIGHTENS
        yield PolicyDifference(effect, RISK, f"{what}: {new.op} instead of {old.op}")
    higher = _MORE_IS_STRICTER if old.op[0] == ">" else opposite(_MORE_IS_STRICTER)
    yield from number(RISK, f"{what}, {old.metric} {old.op}", old.value, new.value, higher=higher)


def _gate_in_words(gate: Gate) -> str:
    warns = ", which only warns" if gate.severity == "warn" else ""
    return f"`{gate.id}` ({_condition(gate)}{warns})"


def _condition(gate: Gate) -> str:
    against = {"absolute": "", "base": " vs the deployed version", "benchmark": " vs the benchmark"}
    return f"{gate.metric} {gate.op} {gate.value:g}{against[gate.compare]}"


def _causality(old: CausalityPolicy, new: CausalityPolicy) -> Iterator[PolicyDifference]:
    modes = tuple(c.mode or "as configured" for c in (old, new))
    if modes[0] != modes[1]:
        effect = Effect.TIGHTENS if modes[1] == "streamed" else Effect.LOOSENS
        yield PolicyDifference(effect, RISK, f"causality.mode: {modes[1]} instead of {modes[0]}")
    above = (old.audited_above_bars, new.audited_above_bars)
    yield from number(RISK, "causality.audited_above_bars", *above, higher=_MORE_IS_STRICTER)
    budgets = (old.stream_cpu_s, new.stream_cpu_s)
    yield from number(RISK, "causality.stream_cpu_s", *budgets, higher=_MORE_IS_STRICTER)


def _further(old: RiskPolicy, new: RiskPolicy, key: str) -> Iterator[PolicyDifference]:
    before, after = getattr(old, key), getattr(new, key)
    sides = (_flag(before.enabled), _flag(after.enabled))
    yield from ordered(RISK, f"{key}.enabled", *sides, ("no", "yes"))
    weights = (before.severity, after.severity)
    yield from ordered(RISK, f"{key}.severity", *weights, ("warn", "block"))
    kept = (before.keep, after.keep)
    yield from number(RISK, f"{key}.keep", *kept, higher=_MORE_IS_STRICTER)
    for name in type(before).model_fields:
        if name not in {"enabled", "severity", "keep"}:
            values = (getattr(before, name), getattr(after, name))
            yield from altered(RISK, f"{key}.{name}", *values)


def _holdout(old: Holdout | None, new: Holdout | None) -> Iterator[PolicyDifference]:
    yield from ordered(
        RISK, "holdout", _flag(old is not None), _flag(new is not None), ("no", "yes")
    )
    if old is None or new is None:
        return
    yield from number(RISK, "holdout.looks", old.looks, new.looks, higher=_MORE_IS_LOOSER)
    yield from ordered(RISK, "holdout.per", old.per, new.per, ("family", "repository"))
    yield from ordered(RISK, "holdout.severity", old.severity, new.severity, ("warn", "block"))
    yield from altered(RISK, "holdout.last", old.last, new.last)
    yield from altered(RISK, "holdout.from", old.since, new.since)


def _flag(value: bool) -> str:  # noqa: FBT001  # a value of the policy, not a switch
    return "yes" if value else "no"
