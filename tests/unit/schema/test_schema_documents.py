"""Untrusted YAML and JSON: every text ends in values or findings, in bounded time and memory."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.schema.documents.reader import BOUNDS, document_of, read_document
from components.schema.documents.writer import to_yaml


def rules_of(text: str | bytes, file: str = "strategy.yaml") -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    return [finding.rule for finding in read_document(data, file).findings]


def value_of(text: str, file: str = "strategy.yaml"):
    document = read_document(text.encode(), file)
    assert document.readable, document.findings
    return document.value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("NO", "NO"),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("1", 1),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("1.", 1.0),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1.0.0", "1.0.0"),
        ("0b11", "0b11"),
        ("1e", "1e"),
        ("=", "="),
        ('"1"', "1"),
        ("'true'", "true"),
        ("!!str 5", "5"),
        ("123456789012345678901234567890", 1.2345678901234568e29),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(written, meant):
    found = value_of(f"a: {written}\n")["a"]
    assert found == meant
    assert type(found) is type(meant)


def test_not_a_number_is_read_and_left_to_the_model():
    assert math.isnan(value_of("a: .nan")["a"])


def test_keys_are_always_text():
    assert value_of("1: a\ntrue: b\nnull: c\n1e3: d") == {
        "1": "a",
        "true": "b",
        "null": "c",
        "1e3": "d",
    }


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, 1),
        ("a:\n  x: 1\n  y: 2\n  x: 3\n", "duplicate-key", 4, 3),
        ("a:\n\t- 1\n", "tab", 2, 1),
        ("\ta: 1\n", "tab", 1, 1),
        ("a: b: c\n", "yaml-syntax", 1, 5),
        ("a: 'x\n", "yaml-syntax", 2, 1),
        ("a: @x\n", "yaml-syntax", 1, 4),
        ("a: [1, 2\n", "yaml-syntax", 2, 1),
        ("a: &x [*x]\n", "alias", 1, 8),
        ("a: *nobody\n", "alias", 1, 4),
        ("? [a]\n: b\n", "key-not-text", 1, 3),
        ("a: !!python/object/apply:os.system [ls]\n", "tag", 1, 4),
        ("a: !!timestamp 2024-01-01\n", "tag", 1, 4),
        ("a: 1\n---\nb: 2\n", "several-documents", 2, 1),
        ("a: \x00b\n", "unprintable-character", 1, 4),
        ("a: b\u202ec\n", "unprintable-character", 1, 5),
        ("a: b\u2028c: d\n", "unprintable-character", 1, 5),
    ],
)
def test_faulty_yaml_is_a_finding_at_its_place(text, rule, line, column):
    finding = read_document(text.encode(), "strategy.yaml").findings[0]
    assert (finding.rule, finding.line, finding.column) == (rule, line, column)
    assert finding.file == "strategy.yaml"


def test_duplicate_key_says_where_the_first_one_is():
    finding = read_document(b"name: a\nb: 1\nname: c", "x.yaml").findings[0]
    assert "first on line 1" in finding.message


def test_every_duplicate_of_a_file_is_found_not_the_first_only():
    assert rules_of("a: 1\na: 2\nb: {c: 1, c: 2}\nb: 3") == ["duplicate-key"] * 3


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ('{"a": 1,\n "a": 2}', "duplicate-key", 2, 2),
        ('{"a": 1,}', "json-syntax", 1, 9),
        ('{"a": 01}', "json-syntax", 1, 8),
        ('{"a": NaN}', "json-syntax", 1, 7),
        ('{"a": 1} x', "json-syntax", 1, 10),
        ("{'a': 1}", "json-syntax", 1, 2),
        ('{"a": "\\ud800"}', "json-syntax", 1, 15),
        ('{"a": "x\ty"}', "json-syntax", 1, 9),
        ("", "json-syntax", 1, 1),
        ('["', "json-syntax", 1, 2),
        ("[1 2]", "json-syntax", 1, 4),
    ],
)
def test_faulty_json_is_a_finding_at_its_place(text, rule, line, column):
    finding = read_document(text.encode(), "strategy.json").findings[0]
    assert (finding.rule, finding.line, finding.column) == (rule, line, column)


def test_json_on_standard_input_is_read_as_json_and_flow_yaml_in_a_yaml_file_as_yaml():
    assert read_document(b'{"a": "\\ud83d\\ude00"}', "<stdin>").value == {"a": "\U0001f600"}
    assert read_document(b"{a: b}", "strategy.yaml").value == {"a": "b"}


BOMBS = {
    "billion laughs": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "deep flow": "[" * 200_000,
    "deep mappings": "{a: " * 60_000,
    "deep blocks": "- " * 120_000,
    "deep json": '{"a":' * 50_000,
    "wide": "[" + "1," * 130_000 + "1]",
    "many anchors": "".join(f"k{i}: &a{i} x\n" for i in range(15_000)),
    "long key": "a" * 250_000 + ": 1",
    "long number": "a: " + "9" * 250_000,
    "long exponent": "a: 1" + "e9" * 100_000,
    "question marks": "? " * 130_000,
    "quotes": "a: " + "'" * 200_001,
    "colons": ":" * 250_000,
    "comment": "#" * 260_000,
    "exclamation": "!" * 250_000,
    "braces and tabs": "{\t" * 120_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("file", ["strategy.yaml", "strategy.json"])
@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_read_or_refused_before_the_timeout(name, file):
    data = BOMBS[name].encode()
    assert len(data) <= BOUNDS.size
    document = read_document(data, file)
    assert document.readable or document.findings[0].message


def test_billion_laughs_is_refused_by_its_expanded_size():
    assert rules_of(BOMBS["billion laughs"]) == ["too-many-values"]


def test_honest_alias_is_expanded():
    text = "base: &b {x: 1}\nother: *b\nlist: [*b, *b]\n"
    assert value_of(text)["list"] == [{"x": 1}, {"x": 1}]


def test_file_over_256_kib_is_refused_unread():
    assert rules_of(b"a: " + b"x" * (256 * 1024)) == ["too-large"]


def test_file_that_is_not_utf8_is_refused_with_the_byte():
    finding = read_document("a: ok\nb: caf\xe9".encode("latin-1"), "s.yaml").findings[0]
    assert (finding.rule, finding.line, finding.column) == ("not-utf8", 2, 7)
    assert "0xe9" in finding.message


def test_utf16_file_is_refused():
    assert rules_of("a: 1".encode("utf-16")) == ["not-utf8"]


def test_byte_order_mark_and_windows_line_ends_are_fine():
    assert read_document(b"\xef\xbb\xbfa: 1\r\nb: [1,\r\n 2]\r\n", "s.yaml").value == {
        "a": 1,
        "b": [1, 2],
    }


def test_position_of_a_value_its_key_and_a_missing_child():
    document = read_document(b"a: 1\nb:\n  - x\n  - {c: 22}\n", "s.yaml")
    assert document.span(("b", 1, "c")) == (4, 9, 4, 11)
    assert document.span(("b", 1, "c"), key=True) == (4, 6, 4, 7)
    assert document.span(("b", 1, "nothing", 3)) == (4, 5, 4, 12)
    assert document.span(("a",), key=True) == (1, 1, 1, 2)


def test_position_in_json():
    document = read_document(b'{"a": 1,\n "b": [10, {"c": 22}]}', "s.json")
    assert document.span(("b", 1, "c")) == (2, 18, 2, 20)
    assert document.span(("b",), key=True) == (2, 2, 2, 5)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn", "Co"]))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(texts, values, max_size=6))
def test_any_mapping_written_as_yaml_reads_back_the_same(value):
    document = read_document(to_yaml(value).encode(), "s.yaml")
    assert document.readable, (to_yaml(value), document.findings)
    assert document.value == value
    assert json.dumps(document.value) == json.dumps(value)


@pytest.mark.parametrize("mark", ["\x7f", "\x85", "\x9f", "\u2028", "\ufeff", "\ufffe"])
def test_a_character_that_yaml_does_not_take_as_it_is_is_written_as_an_escape(mark):
    value = {f"key {mark}": f"a{mark}b"}
    assert read_document(to_yaml(value).encode(), "s.yaml").value == value


@given(values)
def test_any_json_reads_as_python_reads_it(value):
    text = json.dumps(value)
    assert read_document(text.encode(), "s.json").value == value
    assert json.dumps(read_document(text.encode(), "s.json").value) == text


@given(st.binary(max_size=300), st.sampled_from(["s.yaml", "s.json", "<stdin>"]))
def test_any_bytes_end_in_a_document(data, file):
    document = read_document(data, file)
    assert document.readable or all(f.message for f in document.findings)


@given(st.text(alphabet="ab:-[]{}#&*!|>'\"%@`, \n\t?~\\0", max_size=80))
def test_any_yaml_like_text_ends_in_a_document_with_positions_in_the_text(text):
    document = read_document(text.encode(), "s.yaml")
    lines = text.count("\n") + 1
    for finding in document.findings:
        assert finding.line is None or 1 <= finding.line <= lines + 1


@given(st.text(alphabet='{}[]:,"\\u0d8 \n\t-+.eEtrufalsn', max_size=60))
def test_json_is_accepted_exactly_when_python_accepts_it_strictly(text):
    def unique(pairs):
        assert len({k for k, _ in pairs}) == len(pairs)
        return dict(pairs)

    def refused(word):
        raise AssertionError(word)

    try:
        json.loads(text, object_pairs_hook=unique, parse_constant=refused).__str__().encode()
        expected = True
    except (ValueError, AssertionError):
        expected = False
    assert read_document(text.encode(), "s.json").readable is expected


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ({"a": "\ud800"}, "unprintable-character"),
        ({"\x00": 1}, "unprintable-character"),
        ({"a": list(range(50_000))}, "too-large"),
        ({"a": "x" * 300_000}, "too-large"),
        ({1: 2}, "key-not-text"),
        ({"a": {("b",): 1}}, "key-not-text"),
        ({"a": object()}, "wrong-type"),
        ({"a": b"x"}, "wrong-type"),
        ({"a": {"b"}}, "wrong-type"),
    ],
)
def test_decoded_body_out_of_bounds_is_a_finding(value, rule):
    assert document_of(value).findings[0].rule == rule


def test_decoded_body_that_holds_itself_is_a_finding():
    value: dict = {}
    value["a"] = value
    assert document_of(value).findings[0].rule == "too-deep"


def test_decoded_body_nested_deeply_is_a_finding():
    value: object = 1
    for _ in range(100_000):
        value = [value]
    assert document_of(value).findings[0].rule == "too-deep"
