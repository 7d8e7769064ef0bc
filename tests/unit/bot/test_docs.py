"""What the documents say of commands, settings and states is what the code has."""

import importlib.util
import re
import tomllib
from pathlib import Path

import yaml

from bot.cli import COMMANDS
from bot.config.settings import PROJECT, Settings, load
from components.schema.results.values import CheckName
from components.state import Lifecycle


def read(path):
    return (PROJECT / path).read_text()


def test_readme_names_every_command():
    table = read("README.md").split("## Command line")[1].split("## The sandbox")[0]
    named = set(re.findall(r"`algoops ([a-z]+)", table))
    assert named == set(COMMANDS)


def test_default_configuration_file_says_what_the_defaults_are():
    written = load(PROJECT / "config.yaml", env={})
    built_in = Settings.model_validate({})
    assert written.sandbox == built_in.sandbox
    assert written.server == built_in.server
    assert written.schedule == built_in.schedule
    assert written.engine == built_in.engine
    assert written.executor == built_in.executor
    assert [r.name for r in written.repositories] == [r.name for r in built_in.repositories]
    assert written.repositories[0].path == PROJECT / built_in.repositories[0].path


def test_every_section_of_the_settings_stands_in_the_configuration_file():
    document = yaml.safe_load(read("config.yaml"))
    hidden = {"git_binary", "api_token"}
    assert set(document) == set(Settings.model_fields) - hidden


def test_design_lists_the_folders_that_are_there():
    spec = importlib.util.spec_from_file_location("folders", PROJECT / "docs" / "folders.py")
    folders = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(folders)
    text = read("docs/design.md")
    assert folders.designed(text) == text, "write it anew: python docs/folders.py"


def test_design_and_contract_name_the_same_layers():
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    section = read("docs/design.md").split("Dependencies point one way")[1].split("\n\n")[1]
    written = [
        re.findall(r"`((?:algoops|bot|components)[.a-z]*)`", line) for line in section.splitlines()
    ]
    assert written == [layer.split(" | ") for layer in layers]


def test_design_names_every_check():
    text = read("docs/design.md")
    assert all(str(check) in text for check in CheckName)


def test_every_lifecycle_state_is_documented():
    text = read("docs/design.md")
    assert all(f"`{state}`" in text for state in Lifecycle)


def test_no_document_names_a_file_that_is_not_there():
    for document in ("README.md", "docs/design.md"):
        base = (PROJECT / document).parent
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", read(document)):
            assert (base / target).exists(), f"{document} -> {target}"


def test_proposals_of_the_demo_are_all_there():
    from bot.demo.play import BAD, ENDLESS

    for bad in (*BAD, ENDLESS):
        folder = Path(PROJECT / "examples" / "proposals" / bad.branch / "strategies" / bad.strategy)
        assert (folder / "strategy.yaml").is_file()
