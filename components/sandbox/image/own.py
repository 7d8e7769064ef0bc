"""The packages that every sandbox has: those that the guest needs, with what they need."""

import csv
import importlib.metadata
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution

from packaging.requirements import Requirement

from components.errors import TransientError
from components.sandbox.guest.runtime.warm import PACKAGES
from components.sandbox.image.requirements import canonical

LEFT_OUT = frozenset({"bokeh"})
"""Needed by `backtesting` for plots only, which are made outside (see guest/warm.py)."""


@cache
def distributions() -> tuple[Distribution, ...]:
    """As installed here, by name.

    Raises:
        TransientError: a package that guests need is not installed here.
    """
    found: dict[str, Distribution] = {}
    waiting = list(PACKAGES)
    while waiting:
        name = waiting.pop()
        key = canonical(name)
        if key in found or key in LEFT_OUT:
            continue
        try:
            found[key] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError as error:
            raise TransientError(
                f"no sandbox: the package {name} is not installed here", hint="run `make setup`"
            ) from error
        waiting += _requirements(found[key])
    return tuple(found[key] for key in sorted(found))


def tops(distribution: Distribution) -> set[str]:
    """The first parts of the paths of a package's files."""
    if record := distribution.read_text("RECORD"):  # `files` would make a path of each line
        paths = (row[0] for row in csv.reader(record.splitlines()))
        found = {path.partition("/")[0] for path in paths}
    else:
        found = {file.parts[0] for file in distribution.files or ()}
    return found - {"", "..", "__pycache__", "bin"}


def modules(found: Distribution) -> set[str]:
    """Names under which a package's modules are imported."""
    names = {top.removesuffix(".py").partition(".cpython-")[0] for top in tops(found)}
    return {name for name in names if name.isidentifier() and not name.startswith("_")}


OURS = frozenset({"algoops", "components"})
"""Our own modules that the sandbox has."""


@cache
def all_modules() -> frozenset[str]:
    """Names under which the modules of all of them are imported."""
    return frozenset(name for found in distributions() for name in modules(found))


@cache
def versions() -> dict[str, str]:
    """Version by name of the package."""
    return {canonical(d.name): d.version for d in distributions()}


def _requirements(distribution: Distribution) -> Iterator[str]:
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
