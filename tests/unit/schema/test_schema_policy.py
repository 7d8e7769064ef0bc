"""Policy files are the operator's: a fault names file, line and key, all of them at once."""

from itertools import pairwise
from pathlib import Path

import pytest

from components.errors import ConfigError
from components.schema.policies.file import load_policy, policy_hash
from components.schema.policies.schema import DEFAULT_SEVERITIES, SchemaPolicy
from components.schema.results.values import Severity

ROOT = Path(__file__).parents[3]


def test_shipped_policy_is_the_built_in_default():
    policy = load_policy(ROOT / "policies/schema.yaml", SchemaPolicy)
    assert policy.model_dump(exclude={"severities"}) == SchemaPolicy().model_dump(
        exclude={"severities"}
    )
    assert policy.severities == DEFAULT_SEVERITIES


def test_every_line_of_the_shipped_policy_says_why():
    lines = (ROOT / "policies/schema.yaml").read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if line and not line.startswith("#"):
            assert "#" in line or before.startswith("#") or line in lines[2:3]


def test_faults_name_file_line_and_key():
    text = b"required: name\nfolder_is_nmae: yes\nseverities: {missing-exit: fatal}\n"
    with pytest.raises(ConfigError) as caught:
        load_policy(text, SchemaPolicy, file="policies/schema.yaml")
    message = str(caught.value)
    assert "policies/schema.yaml:1:11: `required`" in message
    assert "policies/schema.yaml:2:1: `folder_is_nmae`" in message
    assert "did you mean `folder_is_name`?" in message
    assert "policies/schema.yaml:3:28: `severities.missing-exit`" in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"required: [auther]", "`auther` is not a field of definitions; did you mean `author`?"),
        (b"name_pattern: '['", "not a regular expression"),
    ],
)
def test_policy_that_could_never_be_met_is_refused_not_ignored(text, says):
    with pytest.raises(ConfigError) as caught:
        load_policy(text, SchemaPolicy)
    assert says in str(caught.value)


@pytest.mark.parametrize("text", [b"a: [", b"a: 1\na: 2", b"\xff", b"- 1", b"x"])
def test_text_that_is_no_policy_is_a_config_error(text):
    with pytest.raises(ConfigError):
        load_policy(text, SchemaPolicy)


def test_missing_file_is_a_config_error_that_names_it(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.yaml"):
        load_policy(tmp_path / "nothing.yaml", SchemaPolicy)


def test_empty_policy_is_the_defaults(tmp_path):
    path = tmp_path / "schema.yaml"
    path.write_bytes(b"")
    assert load_policy(path, SchemaPolicy) == SchemaPolicy()


def test_severity_is_the_policys_then_the_default_then_error():
    policy = SchemaPolicy(severities={"missing-exit": Severity.ERROR})
    assert policy.severity("missing-exit") is Severity.ERROR
    assert policy.severity("unused-indicator") is Severity.WARNING
    assert policy.severity("yaml-syntax") is Severity.ERROR


def test_hash_changes_with_any_byte_and_name_and_not_with_order():
    one = policy_hash({"a": b"12", "b": b"3"})
    assert one == policy_hash({"b": b"3", "a": b"12"})
    others = [
        {"a": b"1", "b": b"23"},
        {"a": b"12"},
        {"a": b"12", "c": b"3"},
        {"a": b"12", "b": b""},
    ]
    assert len({one, *(policy_hash(files) for files in others)}) == 5
