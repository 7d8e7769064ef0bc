"""The lock files: what AlgoOps needs to run, and what its tests need besides."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-build.lock",
    "examples/sandbox-requirements.txt",
)


def entries(name):
    return re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())


def pins(name):
    return {re.split(r" [;\\]", entry)[0] for entry in entries(name)}


def names(requirements):
    return {re.sub(r"[-_.]+", "-", Requirement(r).name).lower() for r in requirements}


def test_a_user_who_only_checks_strategies_installs_no_development_package():
    runtime = names(pins("requirements.lock"))
    assert names(PROJECT["project"]["dependencies"]) <= runtime
    extras = PROJECT["project"]["optional-dependencies"]
    assert not (names(extras["dev"]) | names(extras["dask"])) & runtime


def test_what_is_tested_is_what_is_installed():
    assert pins("requirements.lock") <= pins("requirements-dev.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_a_replaced_file_of_a_package_is_refused_by_its_hash(name):
    assert all("--hash=sha256:" in entry for entry in entries(name))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_binds_nobody_to_one_index(name):
    assert "://" not in (ROOT / name).read_text()
