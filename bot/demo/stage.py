"""The demo's stage: a folder with a bare repository, a configuration, policies and an author."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.config.settings import PROJECT
from bot.demo.author import Author, git
from bot.demo.daemon import DaemonProcess
from bot.demo.repository import make_repository

EXAMPLES = PROJECT / "examples"
MARKER = ".algoops-demo"
"""Says that a folder is a demo's, and may be removed by the next one."""

ON_BASE: tuple[str, ...] = ("golden_cross_rules", "rsi_reversion")
SMOKE_CPU_S = 3.0
"""A shorter limit than the default policy's: nobody wants to watch an endless loop for long."""


@dataclass(frozen=True)
class Stage:
    """Where everything of one demo is."""

    folder: Path
    config: Path
    repository: Path
    state: Path
    author: Author
    daemon: DaemonProcess

    def algoops(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run the command line as an operator would."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "algoops_app", *args, "--config", str(self.config)],
            capture_output=True,
            text=True,
            check=False,
        )

    def git(self, *args: str) -> str:
        """Ask the bare repository."""
        return git(self.repository, *args)


def set_stage(folder: Path, port: int, on_base: tuple[str, ...] = ON_BASE) -> Stage:
    """Make everything that the demo plays on.

    Args:
        folder: where; made when it is not there.
        port: of the pages; 0 takes a free one.
        on_base: example strategies that are on the base from the beginning.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()
    (folder / "state").mkdir(exist_ok=True)
    make_repository(folder / "strategies.git", names=on_base)
    shutil.copytree(PROJECT / "policies", folder / "policies")
    change(folder / "policies" / "sandbox.yaml", {"smoke": {"cpu_s": SMOKE_CPU_S}})
    (folder / "config.yaml").write_text(yaml.safe_dump(_settings(port)), encoding="utf-8")
    return stage_in(folder)


def stage_in(folder: Path) -> Stage:
    """The stage whose files are in this folder; its author clones where that was not done yet."""
    config, repository, state = (folder / n for n in ("config.yaml", "strategies.git", "state"))
    author = Author(folder / "author", repository)
    return Stage(folder, config, repository, state, author, DaemonProcess(config, state))


def _settings(port: int) -> dict[str, object]:
    return {
        "repositories": [{"name": "demo", "path": "strategies.git"}],
        "policies": "policies",
        "data": {"dir": str(EXAMPLES / "data")},
        "state": {"dir": "state"},
        "server": {"port": port},
        "schedule": {"tick_s": 5},
    }


def change(file: Path, changes: Mapping[str, object]) -> None:
    """Write values into a YAML file; those of a section join what the section has."""
    document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    for section, values in changes.items():
        old = document.get(section)
        document[section] = {**(old or {}), **values} if isinstance(values, dict) else values
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
