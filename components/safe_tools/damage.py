"""A repository whose objects are missing or corrupt, told apart from all else that git refuses."""

import re
from pathlib import Path

from components.errors import TransientError

_ID = r"[0-9a-f]{40}"
_WORDS = re.compile(
    r"is corrupt|data stream error|object file \S+ is empty|CRC mismatch|is not a GIT packfile"
    r"|packfile \S+ (?:does not match|cannot be accessed)|ignoring broken ref"
    rf"|(?:unable to|could not|failed to) (?:read|parse|unpack)\b[^\n]*\b{_ID}"
    rf"|(?:bad|missing) (?:\w+ )?{_ID}",
    re.IGNORECASE,
)
_ANY_ID = re.compile(rf"\b{_ID}\b")
_OF_THE_OTHER_SIDE = "remote:"


class RepositoryDamaged(TransientError):
    """Objects of a repository are missing or corrupt: its operator can mend it, no author can.

    Attributes:
        object_id: the object where it was noticed, "" where git does not say.
    """

    def __init__(self, git_dir: Path, object_id: str = "", words: str = "") -> None:
        name = git_dir.parent.name if git_dir.name == ".git" else git_dir.name
        seen = f"object {object_id} is missing or corrupt" if object_id else words
        super().__init__(
            f"the repository {name} is damaged: {seen}",
            hint="on the bot's machine `git fsck --full` lists all that is missing or corrupt; its "
            "operator brings it back from a clone or a backup, then checks go on by themselves",
        )
        self.object_id = object_id


def damage_in(words: str, git_dir: Path) -> RepositoryDamaged | None:
    """The damage that git's error text tells of, None where it tells of something else.

    Args:
        words: what git wrote to standard error.
        git_dir: the repository's folder.
    """
    lines = [line for line in words.splitlines() if not line.startswith(_OF_THE_OTHER_SIDE)]
    told = [line for line in lines if _WORDS.search(line)]
    if not told:
        return None
    named = _ANY_ID.search("\n".join(told))
    return RepositoryDamaged(git_dir, named.group() if named else "", told[0])
