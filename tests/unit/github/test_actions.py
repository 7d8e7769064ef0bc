"""Workflows and the action: least rights, pinned, and judged by zizmor."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml")) + sorted(
    (ROOT / "docs/examples").glob("*.yml")
)
PINNED = {
    "actions/attest-build-provenance@a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32",
    "actions/cache/restore@27d5ce7f107fe9357f9df03efb73ab90386fccae",
    "actions/cache/save@27d5ce7f107fe9357f9df03efb73ab90386fccae",
    "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1",
    "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
    "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97",
    "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
    "github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e",
    f"your-organisation/algoops@{'0' * 40}",
    "./",
}


def steps(document):
    if "runs" in document:
        return document["runs"]["steps"]
    return [step for job in document["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda f: f.name)
def test_only_reviewed_actions_are_used_at_their_commit(file):
    used = {step["uses"] for step in steps(yaml.safe_load(file.read_text())) if "uses" in step}
    assert used <= PINNED


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.name)
def test_a_workflow_has_no_rights_but_those_it_names(file):
    document = yaml.safe_load(file.read_text())
    assert document["permissions"] == {}
    assert "pull_request_target" not in document[True]  # YAML reads `on` as true
    for job in document["jobs"].values():
        assert job["timeout-minutes"]
        assert job["permissions"].get("contents", "read") == "read"  # left out: no right at all
    for step in steps(document):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_the_action_puts_no_expression_into_a_script():
    document = yaml.safe_load((ROOT / "action.yml").read_text())
    assert not [step for step in steps(document) if "${{" in step.get("run", "")]


def test_zizmor_finds_nothing():
    paths = [".github/workflows", "action.yml", "docs/examples"]
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--pedantic", *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_pre_commit_hooks_match_the_files_of_a_strategy():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    patterns = {hook["id"]: hook["files"] for hook in hooks}
    assert re.search(patterns["algoops-schema"], "strategies/alpha/strategy.yaml")
    assert re.search(patterns["algoops-code"], "strategies/alpha/strategy.py")
    assert not re.search(patterns["algoops-code"], "tools/build.py")


@pytest.mark.parametrize(("good", "code"), [(True, 0), (False, 1)])
def test_a_pre_commit_hook_judges_every_file_it_is_given(tmp_path, good, code):
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    entry = next(hook["entry"] for hook in hooks if hook["id"] == "algoops-schema")
    definition = "name: alpha\ndescription: Test\nparameters: {}\nindicators: {}\nentry_rules: []\nexit_rules: []\n"
    files = [tmp_path / "a b.yaml", tmp_path / "c.yaml"]
    files[0].write_text(definition if good else "name: 1\n")
    files[1].write_text(definition)
    import shlex

    done = subprocess.run(
        [*shlex.split(entry), *files],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
    )
    assert done.returncode == code, done.stderr
