"""No input crashes the validator, and what it says is always well formed."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.validator import check_code

DATA = Path(__file__).parents[2] / "data"
SEEDS = [
    path.read_bytes()
    for folder in ("attacks", "harmless")
    for path in sorted((DATA / folder).glob("*.py"))
]
SCRAPS = [b"(", b")", b"[", b"{", b"'", b'"""', b"\\", b"\n    ", b":", b"lambda: ", b"@", b"*", b"**", b"f'{", b"}'", b" if ", b" else ", b"import os", b"__class__", b".", b"=", b":=", b"match x:\n case ", b"async ", b"await ", b"\xff", b"\x00", b"\xef\xbb\xbf", b"class A(A): pass\n", b"global x\n", b"del x\n", b"nonlocal x\n", b"from . import *\n"]  # fmt: skip
quick = settings(suppress_health_check=list(HealthCheck))


def judge(files, policy):
    checked = check_code(files, policy=policy)
    for finding in checked.findings:
        assert finding.line is None or finding.line >= 1
        assert finding.column is None or finding.column >= 1
        assert finding.hint
        assert len(finding.source_line) <= 200
    return checked


@given(st.binary(max_size=400))
@quick
def test_random_bytes_never_crash_it(policy, content):
    judge({"strategy.py": content}, policy)


@given(st.text(max_size=200))
@quick
def test_random_text_never_crashes_it(policy, text):
    judge({"strategy.py": text.encode("utf-8", "surrogatepass")}, policy)


@given(st.integers(min_value=0))
@quick
def test_mutated_programs_never_crash_it(policy, seed):
    judge({"strategy.py": mutated(random.Random(seed))}, policy)


@given(st.integers(min_value=0))
@quick
def test_spliced_programs_keep_their_danger(policy, seed):
    source = random.Random(seed)
    harmless = source.choice(
        [s for s in SEEDS if b"class S(Strategy)" in s and b"__future__" not in s]
    )
    if not check_code({"strategy.py": harmless}, policy=policy).safe:
        return
    assert not judge({"strategy.py": harmless + b"\nimport os\nos.system('id')\n"}, policy).safe


@given(st.dictionaries(st.text(max_size=12), st.binary(max_size=60), max_size=4))
@quick
def test_any_file_names_never_crash_it(policy, files):
    judge({f"{name}.py": content for name, content in files.items()}, policy)


def mutated(source: random.Random) -> bytes:
    content = bytearray(source.choice(SEEDS))
    for _ in range(source.randint(1, 6)):
        at = source.randrange(len(content) + 1)
        end = min(len(content), at + source.randint(0, 12))
        content[at:end] = source.choice([*SCRAPS, b"", source.choice(SEEDS)[:40]])
    return bytes(content)


@pytest.mark.parametrize("depth", [10, 40, 59, 200, 900, 3_000])
@pytest.mark.parametrize(
    ("opening", "closing"),
    [("(", ")"), ("[", "]"), ("f(", ")"), ("{1:", "}"), ("-", ""), ("not ", ""), ("a.", "b"), ("a+", "b"), ("lambda:", "1"), ("a if b else ", "c"), ("a[", "]"), ("await ", "x"), ("*", "a")],
)  # fmt: skip
def test_nesting_of_any_depth_is_a_finding_or_fine(policy, opening, closing, depth):
    closers = closing * depth if len(closing) == 1 and closing in ")]}" else closing
    judge({"strategy.py": f"x = {opening * depth}{closers}\n".encode()}, policy)


def test_nested_blocks_are_a_finding_or_fine(policy):
    for word in ("if 1:", "while x:", "for a in b:", "class A:", "def f():", "with a:", "try:"):
        for depth in (20, 90, 150):
            body = "".join(" " * i + word + "\n" for i in range(depth)) + " " * depth + "pass\n"
            judge({"strategy.py": body.encode()}, policy)
