"""A bare repository to begin with, empty or with example strategies."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bot.config.settings import PROJECT
from bot.demo.author import git
from components.errors import UserError
from components.git_patch import Repository

NOTHING: Mapping[str, str] = MappingProxyType({})
EXAMPLES = PROJECT / "examples" / "strategies"


def examples_here() -> tuple[str, ...]:
    """Names of the example strategies that come with the project."""
    return tuple(sorted(p.name for p in EXAMPLES.iterdir() if p.is_dir()))


def make_repository(
    target: Path,
    base: str = "main",
    *,
    root: str = "strategies",
    names: tuple[str, ...] = (),
    beside: Mapping[str, str] = NOTHING,
) -> None:
    """A bare repository whose base branch has one commit.

    Args:
        target: where it goes; must not hold a repository with that branch yet.
        base: the branch.
        root: folder of the strategies inside it.
        names: example strategies to begin with.
        beside: further files, by name.

    Raises:
        UserError: there is one already.
    """
    with Repository.create(target, base) as repository:
        if repository.resolve(f"refs/heads/{base}") is not None:
            raise UserError(f"{target} has a branch {base} already")
    with tempfile.TemporaryDirectory(prefix="algoops-init-") as folder:
        work = Path(folder)
        git(work, "init", "--quiet", f"--initial-branch={base}")
        _fill(work, root, names)
        for name, text in beside.items():
            (work / name).write_text(text, encoding="utf-8")
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "--message", "Begin")
        git(work, "push", "--quiet", str(target.resolve()), f"HEAD:refs/heads/{base}")


def _fill(work: Path, root: str, names: tuple[str, ...]) -> None:
    strategies = work / root
    strategies.mkdir(parents=True)
    (work / "README.md").write_text(
        f"# Strategies\n\nOne folder for each: `{root}/<name>/strategy.yaml`, and usually"
        " `strategy.py` beside it.\nPush a branch; AlgoOps checks it and answers.\n",
        encoding="utf-8",
    )
    (strategies / ".gitkeep").touch()
    for name in names:
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(EXAMPLES / name, strategies / name, ignore=skipped)
