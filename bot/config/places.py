"""Where the configuration file is looked for, and where the bot's own things go without one."""

from collections.abc import Mapping
from pathlib import Path

DEFAULT_FILE = "config.yaml"


def state_home(env: Mapping[str, str]) -> Path:
    """Without a configuration file the bot's own things go where such things go."""
    home = env.get("XDG_STATE_HOME") or str(
        Path(env.get("HOME", "~")).expanduser() / ".local/state"
    )
    return Path(home) / "algoops"


def default_file() -> Path | None:
    """The nearest config.yaml from here up to the root of the repository that this is in."""
    here = Path.cwd()
    if Path(DEFAULT_FILE).is_file():
        return Path(DEFAULT_FILE)
    root = repository_root(here)
    if root is None:
        return None
    above = (folder / DEFAULT_FILE for folder in here.parents if folder.is_relative_to(root))
    return next((file for file in above if file.is_file()), None)


def repository_root(folder: Path) -> Path | None:
    """The working copy (with a `.git`) that a folder is in; None where it is in none."""
    above = (folder.absolute(), *folder.absolute().parents)
    return next((path for path in above if (path / ".git").exists()), None)
