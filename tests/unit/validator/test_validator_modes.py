"""Strictness, weights, the cache, and ruff."""

import json
import subprocess
import sys

import pytest

from components.validator import RULES, check_code, check_source, format_source, lint, local_files
from components.validator.check import CACHE
from components.validator.registry import catalogue
from components.validator.registry.rules import render


def severities(source, policy, **options):
    findings = check_source(source.encode(), policy=policy, **options).findings
    return {f.rule: str(f.severity) for f in findings if f.rule != "strategy-missing"}


def test_unknown_module_is_refused_when_strict_and_a_warning_otherwise(policy):
    assert severities("import scipy.signal\n", policy) == {"import-unknown": "error"}
    assert severities("import scipy.signal\n", policy, strict=False) == {
        "import-unknown": "warning"
    }


@pytest.mark.parametrize("module", ["os", "ctypes", "requests", "_thread", "numpy._core", "pickle"])
def test_dangerous_module_is_refused_in_either_mode(policy, module):
    assert "error" in severities(f"import {module}\n", policy, strict=False).values()


def test_unknown_module_as_a_value_is_still_refused_when_not_strict(policy):
    found = severities("import scipy\nx = [scipy]\n", policy, strict=False)
    assert found["module-value"] == "error"


def test_policy_may_lower_raise_and_silence_a_rule(policy):
    source = "x = [1]\nfrom math import *\nwhile True:\n    pass\n"
    other = policy.model_copy(
        update={
            "rules": {"endless-loop": "warn", "import-star": "block", "strategy-missing": "off"}
        }
    )
    changed = type(policy).model_validate(other.model_dump())
    assert severities(source, changed) == {"endless-loop": "warning", "import-star": "error"}


def test_team_may_allow_a_module_of_its_own(policy):
    document = policy.model_dump()
    document["modules"]["ourlib"] = {"closed": ["danger"]}
    own = type(policy).model_validate(document)
    assert severities("import ourlib\nx = ourlib.fine()\n", own) == {}
    assert severities("import ourlib\nx = ourlib.danger()\n", own) == {"module-door": "error"}


def test_same_content_is_not_judged_twice(policy):
    CACHE.clear()
    first = check_source(b"import os\n", policy=policy)
    assert check_source(b"import os\n", policy=policy) is first
    assert check_source(b"import os \n", policy=policy) is not first
    assert check_source(b"import os\n", policy=policy, strict=False) is not first


def test_policy_decides_anew_although_the_content_is_known(policy):
    lenient = type(policy).model_validate(
        {**policy.model_dump(), "rules": {"import-dangerous": "off"}}
    )
    assert not check_source(b"import os\n", policy=policy).safe
    assert check_source(b"import os\n", policy=lenient).safe


def test_cache_forgets_the_oldest(policy):
    from components.validator.cache import Cache

    cache: Cache[int] = Cache(2)
    for number in range(3):
        cache.put((number,), number)
    assert cache.get((0,)) is None
    assert cache.get((2,)) == 2


def test_parameters_are_compared_with_the_definition(policy):
    source = b"from backtesting import Strategy\nclass S(Strategy):\n    fast = 1\n    slow = 2\n    def init(self): pass\n    def next(self): pass\n"
    found = check_code({"strategy.py": source}, policy=policy, parameters=["fast"]).findings
    assert [(f.rule, f.line) for f in found] == [("parameter-unknown", 4)]


def test_lint_warns_with_ruffs_own_code():
    found = lint({"strategy.py": b"import os\nx = 1\nif x == None:\n    pass\n", "a.yaml": b"x"})
    assert [f.message.partition(":")[0] for f in found] == ["F401", "E711"]
    assert {str(f.severity) for f in found} == {"warning"}
    assert (found[1].line, found[1].source_line) == (3, "if x == None:")


def test_noqa_of_the_author_does_not_silence_the_linter():
    assert lint({"strategy.py": b"import os  # noqa\n# ruff: noqa\n"})


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x = \x00", b"def f(:", b"(" * 5_000, b""])
def test_lint_and_format_of_what_is_no_python_do_not_raise(content):
    assert all(f.severity == "warning" for f in lint({"strategy.py": content}))
    assert isinstance(format_source(content), str)


def test_huge_file_is_not_given_to_ruff_nor_searched_for_imports():
    huge = b"import helpers\n" * 100_000
    assert "more than" in lint({"strategy.py": huge})[0].message
    assert local_files(huge, "strategy.py") == frozenset()


def test_format_is_ruffs_and_idempotent():
    once = format_source(b"x=  {'a':1}\n")
    assert once == 'x = {"a": 1}\n'
    assert format_source(once.encode()) == once


def test_rules_page_is_made_from_the_registry(request):
    page = request.config.rootpath / "docs" / "rules.md"
    assert page.read_text(encoding="utf-8") == render()


BUILD = """
import json, sys
from components.validator.registry import catalogue
print(json.dumps({k: sorted(v) for k, v in catalogue.build(sys.argv[1:]).items()}))
"""


def test_catalogue_knows_what_is_installed(policy, request):
    # why a process: what other tests load here (the engine without plots, logging) shows
    done = subprocess.run(
        [sys.executable, "-c", BUILD, *policy.modules],
        cwd=request.config.rootpath,
        capture_output=True,
        check=True,
    )
    built = json.loads(done.stdout)
    assert {k: frozenset(v) for k, v in built.items()} == catalogue.names()


_SPECIAL = {"source-control", "source-size", "source-nesting", "file-name", "lint"}


@pytest.mark.parametrize(
    "rule", [r for r in RULES.values() if r.id not in _SPECIAL], ids=lambda r: r.id
)
def test_example_of_a_rule_is_found_by_that_rule(rule, policy):
    found = check_code(
        {"strategy.py": rule.example.encode()}, policy=policy, parameters=[]
    ).findings
    assert rule.id in {f.rule for f in found}
    assert {str(f.severity) for f in found if f.rule == rule.id} == {str(rule.weight)}
