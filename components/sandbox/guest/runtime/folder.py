"""Makes the author's folder a package: `from .helpers import x` is the module of `import helpers`.

Every module keeps its plain name (`strategy`, `signals.trend`), so that tracebacks and loggers say
what the author wrote. Its package is named with a blank, which no file of the author's can be.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

PACKAGE = "strategy folder"


def open_folder(folder: Path) -> None:
    """Let modules be imported from this folder, and from no folder that was opened before."""
    close_folder()
    sys.meta_path.insert(0, _Finder(folder))
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()


def close_folder() -> None:
    """Forget the open folder and every module that came from it."""
    for finder in [f for f in sys.meta_path if isinstance(f, _Finder)]:
        sys.meta_path.remove(finder)
        sys.path[:] = [place for place in sys.path if place != str(finder.folder)]
        for name in finder.given:
            sys.modules.pop(name, None)


class _Finder(MetaPathFinder):
    """Finds the folder's modules by their plain names and, for relative imports, in the package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = {path.name.removesuffix(".py") for path in folder.iterdir()}
        self.given: set[str] = set()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002  # the protocol's shape
    ) -> ModuleSpec | None:
        """The spec of a module of the folder; None for every other."""
        first, _, rest = fullname.partition(".")
        if first == PACKAGE:
            spec = ModuleSpec(fullname, _Same()) if rest else self._package()
        elif first in self._names:
            spec = self._own(PathFinder.find_spec(fullname, path))
        else:
            return None
        if spec is not None:
            self.given |= {fullname, f"{PACKAGE}.{fullname}"}
        return spec

    def _package(self) -> ModuleSpec | None:
        places = [str(self.folder)]
        start = self.folder / "__init__.py"
        if start.is_file():
            return spec_from_file_location(PACKAGE, start, submodule_search_locations=places)
        spec = ModuleSpec(PACKAGE, None, is_package=True)
        spec.submodule_search_locations = places
        return spec

    def _own(self, spec: ModuleSpec | None) -> ModuleSpec | None:
        """The spec where it is of this folder; a library of the same name is left to others."""
        if spec is None or not any(self._holds(place) for place in _places(spec)):
            return None
        if isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Own(spec.loader.name, spec.loader.path)
        return spec

    def _holds(self, place: str) -> bool:
        return Path(place).is_relative_to(self.folder)


def _places(spec: ModuleSpec) -> list[str]:
    return [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())


class _Own(SourceFileLoader):
    """Runs a file by its plain name, as a part of the package."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        name = f"{PACKAGE}.{self.name}"
        spec = ModuleSpec(name, self, origin=self.path, is_package=self.is_package(self.name))
        module.__spec__, module.__package__ = spec, spec.parent
        sys.modules[name] = module
        super().exec_module(module)


class _Same(Loader):
    """Answers a relative import with the module of the plain name."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself, imported where it was not yet."""
        return importlib.import_module(spec.name.partition(".")[2])

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it ran when it was imported."""
