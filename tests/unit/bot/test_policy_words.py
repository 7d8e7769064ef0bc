"""What a changed policy loosens and tightens, in words; no rule changes without a word."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.policies import load_policies
from bot.checks.policy_difference import Effect
from bot.checks.policy_words import differences
from bot.config.settings import PROJECT
from components.schema.policies.code import CodePolicy, ModuleRule
from components.schema.policies.risk import Gate, Holdout, RiskPolicy
from components.schema.policies.schema import SchemaPolicy

SHIPPED = load_policies(PROJECT / "policies")
GATE = Gate(id="sharpe", metric="sharpe", op=">=", value=0.1)
FALL = Gate(id="fall", metric="volatility_ann_pct", op="<=", value=30)
LOOSER, STRICTER, OTHER = Effect.LOOSENS, Effect.TIGHTENS, Effect.ALTERS


def said(old, new):
    """The differences between two values of one policy file."""
    key = {SchemaPolicy: "schema", CodePolicy: "code", RiskPolicy: "risk"}[type(old)]
    return differences(replace(SHIPPED, **{key: old}), replace(SHIPPED, **{key: new}))


def changed(model, /, **update):
    return type(model).model_validate({**model.model_dump(by_alias=True), **update})


RISK = RiskPolicy(gates=(GATE, FALL))


@pytest.mark.parametrize(
    ("update", "effect", "words"),
    [
        ({"gates": (FALL,)}, LOOSER, "removes the gate `sharpe` (sharpe >= 0.1)"),
        ({"gates": (GATE, FALL, changed(GATE, id="more"))}, STRICTER, "adds the gate `more`"),
        ({"gates": (changed(GATE, value=0.05), FALL)}, LOOSER, "0.05 instead of 0.1"),
        ({"gates": (changed(GATE, value=0.2), FALL)}, STRICTER, "0.2 instead of 0.1"),
        ({"gates": (changed(GATE, severity="warn"), FALL)}, LOOSER, "warn instead of block"),
        ({"gates": (changed(GATE, op=">"), FALL)}, STRICTER, "> instead of >="),
        ({"gates": (changed(GATE, scope="symbol"), FALL)}, LOOSER, "symbol only instead of both"),
        ({"gates": (changed(GATE, metric="trades"), FALL)}, LOOSER, "judges something else"),
        ({"gates": (changed(GATE, compare="base"), FALL)}, LOOSER, "judges something else"),
        ({"gates": (changed(GATE, op="<="), FALL)}, LOOSER, "judges something else"),
        ({"gates": (GATE, changed(FALL, value=60))}, LOOSER, "60 instead of 30"),
        ({"gates": (GATE, changed(FALL, value=20))}, STRICTER, "20 instead of 30"),
        ({"floors": {"slippage": 0}}, LOOSER, "floors.slippage: 0 instead of 0.0002"),
        ({"floors": {"margin": 0.1}}, LOOSER, "floors.margin: 0.1 instead of 0.5"),
        ({"floors": {"commission_pct": 0.01}}, STRICTER, "floors.commission_pct"),
        ({"recheck": {"action": "rollback"}}, STRICTER, "rollback instead of notify"),
        ({"causality": {"mode": "audited"}}, LOOSER, "audited instead of as configured"),
        ({"causality": {"audited_above_bars": 10}}, LOOSER, "10 instead of none"),
        ({"walk_forward": {"enabled": True}}, STRICTER, "walk_forward.enabled"),
        ({"walk_forward": {"keep": 0.1}}, LOOSER, "walk_forward.keep"),
        ({"data": {"max_gap_days": 30}}, LOOSER, "data.max_gap_days: 30 instead of 14"),
        ({"data": {"block": ["split"]}}, STRICTER, "data.block: adds `split`"),
        ({"defaults": {"symbols": ["IXIC"]}}, OTHER, "defaults.symbols"),
        ({"backtest": {"commission": 0.01}}, OTHER, "backtest"),
    ],
)
def test_risk_policy_that_changes_is_named(update, effect, words):
    (only,) = said(RISK, changed(RISK, **update))
    assert only.effect is effect
    assert only.file == "risk.yaml"
    assert words in only.words


CODE = CodePolicy(
    modules={"math": ModuleRule(closed=("fsum",)), "numpy": ModuleRule(only=("sqrt",))},
    dangerous=("requests",),
    closed_methods=("to_csv",),
)


@pytest.mark.parametrize(
    ("update", "effect", "words"),
    [
        ({"modules": {**CODE.model_dump()["modules"], "os": {}}}, LOOSER, "adds `os`"),
        ({"modules": {"math": {"closed": ["fsum"]}}}, STRICTER, "removes `numpy`"),
        ({"modules": {"math": {}, "numpy": {"only": ["sqrt"]}}}, LOOSER, "removes `fsum`"),
        ({"modules": {"math": {"closed": ["fsum"]}, "numpy": {}}}, LOOSER, "no longer bound"),
        (
            {"modules": {"math": {"closed": ["fsum"]}, "numpy": {"only": ["sqrt", "load"]}}},
            LOOSER,
            "adds `load`",
        ),
        ({"dangerous": []}, LOOSER, "removes `requests`"),
        ({"closed_methods": ["to_csv", "to_sql"]}, STRICTER, "adds `to_sql`"),
        ({"known": ["polars"]}, LOOSER, "adds `polars`"),
        ({"rules": {"eval": "off"}}, LOOSER, "off instead of block"),
        ({"limits": {"files": 900}}, LOOSER, "900 instead of 64"),
    ],
)
def test_code_policy_that_changes_is_named(update, effect, words):
    (only,) = said(CODE, changed(CODE, **update))
    assert (only.effect, only.file) == (effect, "code.yaml")
    assert words in only.words


@pytest.mark.parametrize(
    ("update", "effect", "words"),
    [
        ({"required": ["name"]}, LOOSER, "removes `description`"),
        ({"frameworks": ["rules", "portfolio"]}, STRICTER, "removes `backtesting.py`"),
        ({"folder_is_name": False}, LOOSER, "no instead of yes"),
        ({"max_rule_length": 900}, LOOSER, "900 instead of 500"),
        ({"severities": {"no-entry": "warning"}}, LOOSER, "warning instead of error"),
        ({"severities": {"missing-exit": "error"}}, STRICTER, "error instead of warning"),
        ({"name_pattern": ".*"}, OTHER, "name_pattern"),
    ],
)
def test_schema_policy_that_changes_is_named(update, effect, words):
    (only,) = said(SchemaPolicy(), changed(SchemaPolicy(), **update))
    assert (only.effect, only.file) == (effect, "schema.yaml")
    assert words in only.words


SEAL = Holdout(last="20%")


@pytest.mark.parametrize(
    ("old", "new", "effect", "words"),
    [
        (SEAL, None, LOOSER, "holdout: no instead of yes"),
        (None, SEAL, STRICTER, "holdout: yes instead of no"),
        (SEAL, changed(SEAL, looks=20), LOOSER, "holdout.looks: 20 instead of 10"),
        (SEAL, changed(SEAL, severity="warn"), LOOSER, "warn instead of block"),
        (SEAL, changed(SEAL, per="repository"), STRICTER, "repository instead of family"),
        (SEAL, changed(SEAL, last="10%"), OTHER, "holdout.last: 10% instead of 20%"),
    ],
)
def test_what_is_done_to_the_seal_is_named(old, new, effect, words):
    (only,) = said(changed(RISK, holdout=old), changed(RISK, holdout=new))
    assert only.effect == effect
    assert words in only.words


def test_gates_that_are_emptied_are_named_one_by_one():
    emptied = said(SHIPPED.risk, changed(SHIPPED.risk, gates=()))
    assert len(emptied) == len(SHIPPED.risk.gates)
    assert {one.effect for one in emptied} == {LOOSER}


def test_reasons_messages_and_order_are_no_rules():
    risk = changed(RISK, gates=(changed(FALL, message="calmer, please"), GATE))
    code = changed(
        CODE, modules={"numpy": {"only": ["sqrt"]}, "math": {"closed": ["fsum"], "why": "x"}}
    )
    assert not said(RISK, risk)
    assert not said(CODE, code)


def test_what_loosens_stands_first():
    mixed = said(RISK, changed(RISK, gates=(changed(GATE, value=9),), floors={"slippage": 0}))
    assert [one.effect for one in mixed] == [LOOSER, LOOSER, STRICTER]


@pytest.mark.parametrize("key", ["schema", "code", "risk"])
def test_every_field_of_a_policy_has_words(key):
    """A field that is added to a policy one day must not change unseen."""
    described = {
        "schema": {
            "schema_version",
            "required",
            "name_pattern",
            "frameworks",
            "folder_is_name",
            "max_rule_length",
            "severities",
        },
        "code": {
            "schema_version",
            "modules",
            "known",
            "dangerous",
            "closed_methods",
            "closed_unless_own",
            "rules",
            "limits",
        },
        "risk": {
            "defaults",
            "floors",
            "gates",
            "causality",
            "robustness",
            "walk_forward",
            "recheck",
            "backtest",
            "data",
            "luck",
            "holdout",
            "out_of_sample",
        },
    }
    assert set(type(getattr(SHIPPED, key)).model_fields) == described[key]
    assert set(ModuleRule.model_fields) == {"why", "closed", "also", "only", "tests_only"}
    assert set(Gate.model_fields) == {
        "id",
        "metric",
        "op",
        "value",
        "compare",
        "severity",
        "scope",
        "message",
    }


GATES = st.builds(
    Gate,
    id=st.sampled_from(["a", "b", "c"]),
    metric=st.sampled_from(["sharpe", "trades"]),
    op=st.sampled_from([">=", ">", "<=", "<"]),
    value=st.sampled_from([-1.0, 0.0, 1.0]),
    compare=st.sampled_from(["absolute", "base"]),
    severity=st.sampled_from(["block", "warn"]),
    scope=st.sampled_from(["symbol", "aggregate", "both"]),
)
SETS = st.lists(GATES, max_size=3, unique_by=lambda gate: gate.id).map(
    lambda gates: RiskPolicy(gates=tuple(gates))
)


def passes(policy, metrics, scope):
    """Whether results are let through: what a looser policy does with more of them."""
    compare = {
        ">=": lambda a, b: a >= b,
        ">": lambda a, b: a > b,
        "<=": lambda a, b: a <= b,
        "<": lambda a, b: a < b,
    }
    return all(
        compare[gate.op](metrics[gate.metric, gate.compare], gate.value)
        for gate in policy.gates
        if gate.severity == "block" and gate.scope in {scope, "both"}
    )


@given(SETS, SETS, st.sampled_from([-2, -1, -0.5, 0, 0.5, 1, 2]), st.sampled_from([-1, 0, 1, 2]))
def test_whatever_lets_more_through_is_said_to_loosen(old, new, sharpe, trades):
    metrics = {
        (metric, compare): value
        for compare in ("absolute", "base")
        for metric, value in (("sharpe", sharpe), ("trades", trades))
    }
    more = any(
        passes(new, metrics, scope) and not passes(old, metrics, scope)
        for scope in ("symbol", "aggregate")
    )
    effects = {one.effect for one in said(old, new)}
    assert LOOSER in effects or not more
    assert bool(effects) is (sorted(old.gates, key=str) != sorted(new.gates, key=str))
