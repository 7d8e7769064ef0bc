"""Which public names each allowed module really has: an allowlist made once, by looking.

`python -m components.validator.registry.catalogue` writes `catalogue.json` anew from the installed
packages; nothing of them is imported while code is judged.
"""

import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType

FILE = "catalogue.json"
ALIASES = {"pandas.offsets": "pandas.tseries.offsets"}
"""Module attributes that are another listed module under a second name."""
_TYPES = (int, float, complex, str, bytes, bool, tuple, frozenset, dict, set, list)


LEAKY = "*"
TABLES = "="


@cache
def leaky() -> frozenset[str]:
    """Modules whose star import brings what they imported themselves."""
    return names()[LEAKY]


@cache
def tables() -> frozenset[str]:
    """Paths of lists, dicts and sets that a module keeps under a public name."""
    return names()[TABLES]


@cache
def names() -> dict[str, frozenset[str]]:
    """Module path -> its public names, as shipped with this version."""
    text = resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    return {module: frozenset(listed) for module, listed in json.loads(text).items()}


def build(modules: Iterable[str]) -> dict[str, list[str]]:
    """Look at the installed modules.

    Args:
        modules: exact module paths.

    Returns:
        Module path -> sorted public names which are its own: no modules, no borrowed functions.

    Raises:
        ImportError: a module isn't installed.
    """
    found = {path: importlib.import_module(path) for path in sorted(modules)}
    bare = [path for path, module in found.items() if _leaks(module)]
    public = {path: _public(module) for path, module in found.items()}
    kept = [f"{p}.{n}" for p in found for n in public[p] if _changes(getattr(found[p], n, None))]
    return {LEAKY: bare, TABLES: kept, **public}


def _changes(value: object) -> bool:
    return isinstance(value, list | dict | set)


def _public(module: ModuleType) -> list[str]:
    listed = set(getattr(module, "__all__", ())) | {n for n in dir(module) if n[0] != "_"}
    return sorted(n for n in listed if n[0] != "_" and _own(module, n))


def _leaks(module: ModuleType) -> bool:
    borrowed = {n for n in dir(module) if n[0] != "_"} - set(_public(module))
    return bool(borrowed) and not hasattr(module, "__all__")


def _own(module: ModuleType, name: str) -> bool:
    value = getattr(module, name, None)
    if inspect.ismodule(value) or type(value).__name__ == "PytestTester":
        return False
    if name in getattr(module, "__all__", ()):
        return True
    home = str(getattr(value, "__module__", None) or "")
    if inspect.isroutine(value) or inspect.isclass(value):
        return _family(home) == _family(module.__name__)
    return isinstance(value, _TYPES) or _family(type(value).__module__) == _family(module.__name__)


def _family(path: str) -> str:
    """The top package, where the C half of a module (`_datetime`) counts as its own."""
    return re.sub(r"^_+", "", path.partition(".")[0])


def stdlib() -> frozenset[str]:
    """Top-level names of the standard library, with those of older and newer Pythons."""
    gone = {"imp", "asyncore", "asynchat", "smtpd", "distutils", "compression", "annotationlib"}
    return frozenset(sys.stdlib_module_names | gone)


def main() -> None:
    """Write the catalogue for the modules of the shipped policy."""
    import yaml  # noqa: PLC0415  # only this maintenance command reads YAML

    document = yaml.safe_load(Path("policies/code.yaml").read_text(encoding="utf-8"))
    target = Path(__file__).with_name(FILE)
    found = build(document["modules"])
    target.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
