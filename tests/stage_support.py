"""Stages of tests. One takes ten git processes to make, so that each process of tests copies its first."""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from bot.demo.author import git
from bot.demo.stage import Stage, set_stage, stage_in
from tests.git_support import copied
from tests.warm_support import Command


class WarmStage(Stage):
    """Its command line starts without imports; the end-to-end tests have real starts."""

    def algoops(self, *args: str) -> subprocess.CompletedProcess[str]:
        return Command(*args, "--config", self.config).finish()


@cache
def _first(on_base: tuple[str, ...]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="algoops-stage-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    clone = set_stage(folder, 0, on_base).author.folder
    git(clone, "config", "maintenance.auto", "false")  # it is never large enough to be tidied
    shutil.rmtree(clone / ".git" / "hooks")
    return folder


def new_stage(folder: Path, on_base: tuple[str, ...] = ()) -> Stage:
    """As `set_stage` makes it, on any port."""
    return copied_stage(_first(on_base), folder)


def copied_stage(made: Path, folder: Path) -> Stage:
    """A copy of a stage as it is now, with all that its state holds; its world must be closed."""
    copied(made, folder)
    return WarmStage(**vars(stage_in(folder)))
