"""PURE: the requirements file of the packages for strategies: one version, with hashes, each.

Read here and not left to pip, which would also take a folder, an address or an option from such a
file, and run the setup script of what it finds there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from components.errors import ConfigError

_HASH = re.compile(r"\s--hash=(sha256:[0-9a-f]{64})(?=\s|$)")
_COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)
_EXAMPLE = (
    "each line is NAME==VERSION --hash=sha256:..., as `uv pip compile --generate-hashes` writes"
)
HINT = f"{_EXAMPLE}; see docs/operations.md"


@dataclass(frozen=True)
class Pin:
    """One package at one version.

    Attributes:
        requirement: name, version, and where it applies.
        hashes: of the files that may be installed, such as `sha256:...`.
    """

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The package's name, in the spelling that all spellings have in common."""
        return canonical(self.requirement.name)

    def line(self) -> str:
        """As pip reads it."""
        return " ".join((str(self.requirement), *(f"--hash={text}" for text in self.hashes)))


def canonical(name: str) -> str:
    """A package's name in lower case, with single hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(content: bytes, file: str) -> tuple[Pin, ...]:
    """The packages of a requirements file that apply to this Python and this machine.

    Args:
        content: the file's.
        file: its name, for messages.

    Raises:
        ConfigError: a line is anything but a version with hashes; names the line.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text", hint=HINT) from error
    pins = [_pin(line, f"{file}:{number}") for number, line in _lines(text)]
    return tuple(p for p in pins if _applies(p.requirement))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, continued ones joined, each with the number of its first line."""
    start, parts = 0, []
    for number, line in enumerate(_COMMENT.sub("", text).splitlines(), start=1):
        start = start or number
        parts.append(line.removesuffix("\\"))
        if line.endswith("\\"):
            continue
        if joined := " ".join(parts).strip():
            yield start, joined
        start, parts = 0, []
    if joined := " ".join(parts).strip():
        yield start, joined


def _pin(line: str, place: str) -> Pin:
    hashes = tuple(_HASH.findall(line))
    try:
        requirement = Requirement(_HASH.sub("", line).strip())
    except InvalidRequirement as error:
        raise ConfigError(
            f"{place}: this is no package at a version: {line[:80]!r}", hint=HINT
        ) from error
    exact = [s for s in requirement.specifier if s.operator == "==" and "*" not in s.version]
    if requirement.url or len(exact) != 1 or len(requirement.specifier) != 1:
        raise ConfigError(f"{place}: {requirement.name} is not pinned to one version", hint=HINT)
    if not hashes:
        raise ConfigError(f"{place}: {requirement.name} has no hash", hint=HINT)
    return Pin(requirement, hashes)


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()
