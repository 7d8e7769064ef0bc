"""docs/first-hour.md, command by command, as somebody new would type them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
GUIDE = (PROJECT / "docs" / "first-hour.md").read_text()
DAEMON = "algoops run"


def commands(section):
    """The commands of a section of the guide."""
    text = GUIDE.split(f"\n## {section}")[1].split("\n## ")[0]
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


@pytest.fixture
def shell(tmp_path):
    """Runs a command of the guide in a copy of what a clone has, and gives what it printed."""
    for name in ("config.yaml", "policies", "examples"):
        source, target = PROJECT / name, tmp_path / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    person = {"NAME": "New User", "EMAIL": "new@example.org"}
    environment = {
        **os.environ,
        **{
            f"GIT_{who}_{key}": value
            for who in ("AUTHOR", "COMMITTER")
            for key, value in person.items()
        },
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ALGOOPS_SERVER__PORT": "0",
        "COLUMNS": "300",
    }

    def run(command, *, begin=False):
        options = {"cwd": tmp_path, "env": environment, "text": True}
        if begin:
            return subprocess.Popen(command.split(), **options)
        # why: the guide's lines are typed into a shell
        done = subprocess.run(command, shell=True, capture_output=True, check=False, **options)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    run.folder = tmp_path
    return run


def within(seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)  # why: the deadline above decides, not this pause


def test_guide_leads_from_notebook_and_csv_to_a_deployed_strategy(shell):
    said = {line: shell(line) for part in ("2.", "3.", "4.") for line in commands(part)}
    assert "MSFT_1d.parquet: 1200 bars" in "".join(said.values())
    assert "ma_trend 1.0.0: passed" in "".join(said.values())
    push = commands("5.")
    daemon = shell(push[0], begin=True)
    report = shell.folder / "data/reports/local/first-strategy.md"
    try:
        assert push[0] == DAEMON
        for line in push[1:-1]:
            shell(line)
        within(120, lambda: report.exists() and "may be deployed" in report.read_text())
        assert "ma_trend 1.0.0 passed all checks" in shell(push[-1])
        deployed = [shell(line) for line in commands("6.")]
        assert "1.0.0" in deployed[1]
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0
    tags = shell("git -C data/strategies.git tag")
    assert tags == "ma_trend/v1.0.0\n"


def test_other_notebooks_and_exports_of_the_guide_pass_too(shell):
    begun = [*commands("2.")[:1], *commands("3.")[:2]]  # configuration, repository, clone
    said = [shell(line) for line in (*begun, *commands("Other notebooks"))]
    for name in ("rsi_reversal", "breakout"):
        assert f"{name} 1.0.0: passed" in said[-1]
