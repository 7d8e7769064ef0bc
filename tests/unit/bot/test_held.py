"""Held content is the same under another number, another name, another spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.held import content_of, version_of

CODE = b"class A: pass\n"
YAML = b"name: sma\ndescription: a test\nversion: 1.1.0\nsymbols: [SPX]\n"
HELD = {"strategy.yaml": YAML, "strategy.py": CODE}


@pytest.mark.parametrize(
    "text",
    [
        YAML.replace(b"1.1.0", b"1.2.0"),
        YAML.replace(b"version: 1.1.0", b'"version" : "9.0.0-rc.1"  # new'),
        YAML.replace(b"version: 1.1.0\n", b""),
        YAML.replace(b"name: sma", b"name: sma_again"),
        b"# nothing else\nsymbols:\n  - SPX\nversion: 2.0.0\ndescription: 'a test'\nname: sma\n",
    ],
)
def test_another_number_name_or_spelling_is_the_same_content(text):
    assert content_of({**HELD, "strategy.yaml": text}) == content_of(HELD)


def test_definition_as_json_is_the_same_content():
    text = b'{"name": "sma", "description": "a test", "version": "3.0.0", "symbols": ["SPX"]}'
    assert content_of({"strategy.json": text, "strategy.py": CODE}) == content_of(HELD)


@pytest.mark.parametrize(
    "files",
    [
        {**HELD, "strategy.py": CODE + b"x = 1\n"},
        {**HELD, "strategy.yaml": YAML.replace(b"SPX", b"IXIC")},
        {**HELD, "helper.py": b""},
        {"strategy.yaml": YAML},
    ],
)
def test_other_code_or_other_settings_are_other_content(files):
    assert content_of(files) != content_of(HELD)


@given(st.dictionaries(st.sampled_from(["strategy.yaml", "a.py"]), st.binary(max_size=60)))
def test_whatever_the_files_hold_there_is_an_answer(files):
    assert len(content_of(files)) == 64
    assert isinstance(version_of(files), str)


def test_version_is_read_without_any_policy_and_has_its_default():
    assert version_of(HELD) == "1.1.0"
    assert version_of({"strategy.yaml": b"name: sma\n"}) == "1.0.0"
    assert version_of({"strategy.yaml": b"{broken"}) == ""
