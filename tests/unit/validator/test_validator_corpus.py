"""Every attack refused, not one harmless file refused."""

from pathlib import Path

from components.validator import check_code, check_source

DATA = Path(__file__).parents[2] / "data"
ATTACKS = sorted((DATA / "attacks").glob("*.py"))
EXAMPLES = DATA.parents[1] / "examples/portfolio"
HARMLESS = sorted([*(DATA / "harmless").glob("*.py"), *EXAMPLES.glob("*/strategy.py")])
HARMLESS_TESTS = sorted((DATA / "harmless_tests").glob("*.py"))


def judged(path, policy, **options):
    """A corpus file as what it is: `test__*.py` as an author's test, any other as strategy.py."""
    file = path.name if path.name.startswith("test__") else "strategy.py"
    return check_source(path.read_bytes(), policy=policy, file=file, **options)


def errors(checked):
    return [f for f in checked.findings if f.severity == "error"]


def test_attack_is_refused_with_a_place_and_a_hint(policy):
    refused = {path: errors(judged(path, policy)) for path in ATTACKS}
    assert [path for path, found in refused.items() if not found] == []
    told = [f for found in refused.values() for f in found]
    assert [f for f in told if not (f.line and f.message and f.hint and f.rule)] == []


def test_harmless_file_is_not_refused(policy):
    checked = {path: check_source(path.read_bytes(), policy=policy) for path in HARMLESS}
    assert {path: errors(one) for path, one in checked.items() if errors(one) or not one.safe} == {}


def test_harmless_author_tests_are_not_refused(policy):
    strategy = (DATA / "harmless" / "sma_cross.py").read_bytes()
    refused = {}
    for path in HARMLESS_TESTS:
        files = {"strategy.py": strategy, "test_strategy.py": path.read_bytes()}
        refused[path] = errors(check_code(files, policy=policy))
    assert {path: found for path, found in refused.items() if found} == {}


def test_the_corpora_are_as_large_as_promised():
    assert len(ATTACKS) >= 120
    assert len(HARMLESS) >= 60
    assert len({path.stem.partition("__")[0] for path in ATTACKS}) >= 20


def test_harmless_files_stay_harmless_when_not_strict(policy):
    for path in HARMLESS:
        assert check_source(path.read_bytes(), policy=policy, strict=False).safe, path.stem


def test_attacks_stay_refused_when_not_strict_but_for_unknown_modules(policy):
    passed = [path.stem for path in ATTACKS if judged(path, policy, strict=False).safe]
    assert passed == ["import__unknown_third_party"]
