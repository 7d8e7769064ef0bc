"""Packages that the operator adds: from the command line into either sandbox backend."""

import json
import shutil

import pytest
from sandbox_support import BACKENDS, SMALL, run_text

from bot.config.settings import PROJECT
from components.sandbox.backends.select import SandboxSpec, open_sandbox
from components.sandbox.image import packages
from tests.cli_support import as_process, in_process
from tests.packages_support import wheel

STRATEGY = """
import tinylib
from backtesting import Strategy

class Cross(Strategy):
    def init(self):
        self.twice = self.I(tinylib.double, self.data.Close)

    def next(self):
        if self.position:
            self.position.close()
        else:
            self.buy()
"""
CONFIG = (
    "policies: policies\n"
    f"data: {{dir: {PROJECT}/examples/data}}\n"
    "state: {dir: state}\n"
    "sandbox: {backend: bubblewrap, warm: 0}\n"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A configuration whose policy names one package; nothing is built."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    policies = tmp_path / "policies"
    shutil.copytree(PROJECT / "policies", policies)
    walls = policies / "sandbox.yaml"
    text = walls.read_text().replace('packages: ""', "packages: sandbox-requirements.txt")
    walls.write_text(text)
    (policies / "sandbox-requirements.txt").write_text(wheel(policies / packages.WHEELS))
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "strategy.py").write_text(STRATEGY)
    return tmp_path


@pytest.mark.parametrize("words", [("run",), ("backtest", "strategy.py"), ("check", "./")])
def test_packages_that_are_not_built_are_the_operators_error(folder, words):
    run = as_process if words == ("run",) else in_process
    done = run(*words, "--config", "config.yaml", cwd=folder)
    assert done.returncode == 2
    assert b"sandbox-requirements.txt are not built" in done.stderr
    assert b"algoops sandbox build" in done.stderr


def test_built_package_is_open_to_the_code_check_and_there_in_the_backtest(folder):
    built = as_process("sandbox", "build", "--config", "config.yaml", cwd=folder)
    assert b"packages: tinylib 1.0" in built.stdout, built.stderr
    judged = in_process("validate", "code", "strategy.py", "--config", "config.yaml", cwd=folder)
    assert judged.returncode == 0, judged.stdout
    words = ("backtest", "strategy.py", "--format", "json", "--config", "config.yaml")
    done = in_process(*words, cwd=folder)
    document = json.loads(done.stdout)
    assert done.returncode == 0, document
    assert document["metrics"]["trades"] > 100
    told = in_process("doctor", "--format", "json", "--config", "config.yaml", cwd=folder)
    (seen,) = [s for s in json.loads(told.stdout) if s["what"] == "libraries"]
    assert seen["seen"] == "1 packages for strategies"


@pytest.mark.parametrize("backend", BACKENDS)
def test_package_is_imported_read_only_and_shadows_nothing_of_the_guest(folder, backend):
    extra = packages.build(folder / "policies/sandbox-requirements.txt")
    sandbox = open_sandbox(
        SandboxSpec(SMALL, backend, repository="algoops-packages", packages=extra)
    )
    try:
        done = run_text(
            sandbox,
            "import tinylib, os\n"
            "print(tinylib.double(21), os.path.dirname(tinylib.__file__))\n"
            "try:\n    open(tinylib.__file__, 'w')\nexcept OSError as error:\n    print(type(error))\n",
        )
        assert done.stdout.startswith("42 /opt/packages/tinylib\n<class "), done.stderr
        assert sandbox.image != ""
    finally:
        sandbox.close()


def test_doctor_names_a_module_that_the_policy_allows_and_the_sandbox_lacks(folder):
    code = folder / "policies/code.yaml"
    code.write_text(code.read_text().replace("modules:\n", "modules:\n  talipp: {why: x}\n", 1))
    in_process("sandbox", "build", "--config", "config.yaml", cwd=folder)
    told = in_process("doctor", "--format", "json", "--config", "config.yaml", cwd=folder)
    (seen,) = [s for s in json.loads(told.stdout) if s["what"] == "module talipp"]
    assert not seen["well"]
    assert "sandbox-requirements.txt" in seen["advice"]
