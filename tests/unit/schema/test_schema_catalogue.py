"""Every rule id that the code gives is in the catalogue and in the docs, and none besides."""

import ast
from pathlib import Path

from components.schema.catalogue import RULES
from components.schema.policies.schema import DEFAULT_SEVERITIES

ROOT = Path(__file__).parents[3]
SOURCES = [
    path
    for path in sorted((ROOT / "components/schema").rglob("*.py"))
    if path.name != "catalogue.py" and not path.name.startswith("policies_")
]


def texts_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_rule_of_the_catalogue_is_given_by_some_code():
    said = set().union(*(texts_of(path) for path in SOURCES))
    assert set(RULES) - said == set()


def test_every_adjustable_rule_is_in_the_catalogue():
    assert set(DEFAULT_SEVERITIES) <= set(RULES)


GIVERS = {
    "TextProblem",
    "RuleProblem",
    "SourceProblem",
    "refuse",
    "note",
    "finding",
    "refused",
    "_unreadable",
}


def given_rules(path: Path) -> set[str]:
    """Rule ids that calls which make problems are given: their first or second argument."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
            found |= {t for t in texts[:1] if name in GIVERS and isinstance(t, str) and t}
    return found


def test_every_rule_that_code_gives_is_in_the_catalogue():
    given = set().union(*(given_rules(path) for path in SOURCES))
    assert len(given) > 40
    assert given - set(RULES) == set()
