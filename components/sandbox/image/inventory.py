"""What a guest finds inside: this machine's interpreter, a few packages, and the guest's own code.

One list for both backends: bubblewrap binds the pieces read-only, the Docker image is made of
copies of them. Nothing else of the machine is in there.
"""

import hashlib
import os
import platform
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

import algoops
from components.sandbox.image import elf, own
from components.sandbox.image.packages import PackageSet
from components.sandbox.limits import seccomp

MASKED = ("site-packages", "dist-packages", "ensurepip", "test", "idlelib", "tkinter", "turtledemo")
"""Folders of the standard library that no guest needs: no pip in there."""

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
STDLIB = f"/opt/python/lib/{PYTHON}"
EXECUTABLE = f"/opt/python/bin/{PYTHON}"
LIBRARIES = "/opt/lib"
SITE = "/opt/site"
GUEST = "/opt/algoops"
EXTRA = "/opt/packages"
"""Where the packages are that the operator's policy adds."""

COMPONENTS = Path(__file__).parents[2]
AUTHORS = Path(algoops.__file__).parent
MAIN = "components.sandbox.guest.runtime.main"
PARTS = ("__init__.py", "protocol", "sandbox/__init__.py", "sandbox/guest")
"""Our own code inside, beside what authors import: the guest, and what it speaks."""

ENVIRONMENT = {
    "PYTHONPATH": f"{SITE}:{GUEST}:{EXTRA}",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "LD_LIBRARY_PATH": LIBRARIES,
    "LANG": "C.UTF-8",
    "HOME": "/tmp",  # noqa: S108  # the guest's own tmpfs
    "USER": "guest",
    "TZ": "UTC",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "NUMBA_CACHE_DIR": "/tmp/numba",  # noqa: S108  # as HOME
    "POLARS_MAX_THREADS": "1",
}
"""The whole environment of a guest: nothing of the host's, and arithmetic on one thread."""


def command(socket: str, user: int) -> list[str]:
    """The guest's command line: no site, no user site, no working folder on the path."""
    return [EXECUTABLE, "-S", "-s", "-P", "-m", MAIN, socket, str(user)]


_SUFFIXES = (".pyc", ".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".a", ".exe")
_TRIALS = ("_test", "_tkinter", "_ctypes_test")
_FOLDERS = frozenset({"tests", "__pycache__", "lib2to3", *MASKED})


@dataclass(frozen=True)
class Piece:
    """A file or folder of this machine and where it is inside. Picklable."""

    source: Path
    target: str


@dataclass(frozen=True)
class Inventory:
    """All pieces, and an id (hex) which changes when any of them does."""

    pieces: tuple[Piece, ...]
    digest: str


def take(extra: PackageSet | None = None) -> Inventory:
    """Look at this machine's interpreter and packages.

    Args:
        extra: packages beyond those that every sandbox has.

    Raises:
        TransientError: a package that guests need is not installed here.
    """
    executable = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    stdlib = Path(sysconfig.get_path("stdlib"))
    distributions = own.distributions()
    packages = tuple(_packages(distributions))
    wanted = extra.libraries if extra else ()
    libraries, loader = _shared_libraries(executable, stdlib, packages, wanted)
    pieces = (
        Piece(executable, EXECUTABLE),
        Piece(stdlib, STDLIB),
        *packages,
        *((Piece(extra.folder, EXTRA),) if extra else ()),
        *libraries,
        *loader,
        *(Piece(COMPONENTS / part, f"{GUEST}/components/{part}") for part in PARTS),
        Piece(AUTHORS, f"{GUEST}/algoops"),
    )
    return Inventory(pieces=pieces, digest=_digest(pieces, distributions, extra))


def wanted(path: Path) -> bool:
    """Whether a file (relative to its piece) is worth carrying: no tests, C sources or caches."""
    *folders, name = path.parts
    return _wanted_name(name) and all(_wanted_folder(folder) for folder in folders)


def _wanted_name(name: str) -> bool:
    return not name.endswith(_SUFFIXES) and not (name.startswith(_TRIALS) and ".so" in name)


def _wanted_folder(name: str) -> bool:
    return name not in _FOLDERS and not name.startswith("config-")


def wanted_files(root: Path) -> Iterator[Path]:
    """The files worth carrying under a folder, in a fixed order; a file stands for itself."""
    return map(Path, _wanted_files(str(root)))


def _wanted_files(root: str) -> Iterator[str]:
    """Text, since each command looks at thousands of them before it starts."""
    if os.path.isfile(root):  # noqa: PTH113  # a Path each would take as long as all else here
        yield root
        return
    for folder, folders, names in os.walk(root):
        # Folders that nobody wants are not entered: a site-packages may hold 100,000 files.
        folders[:] = sorted(filter(_wanted_folder, folders))
        files = (f"{folder}/{name}" for name in sorted(filter(_wanted_name, names)))
        yield from filter(os.path.isfile, files)


def _packages(distributions: Iterable[Distribution]) -> Iterator[Piece]:
    for distribution in distributions:
        for top in sorted(own.tops(distribution)):
            yield Piece(Path(str(distribution.locate_file(top))).resolve(), f"{SITE}/{top}")


def _shared_libraries(
    executable: Path, stdlib: Path, packages: tuple[Piece, ...], wanted: tuple[str, ...]
) -> tuple[list[Piece], list[Piece]]:
    folders = _library_folders(stdlib)
    loader = elf.needs(executable).loader
    roots = (stdlib / "lib-dynload", *(p.source for p in packages))
    files = (file for root in roots for file in _wanted_files(str(root)))
    compiled = (Path(file) for file in files if ".so" in os.path.basename(file))  # noqa: PTH119  # as above
    waiting = [executable, *compiled]
    found: dict[str, Path] = {}
    names = list(wanted)
    while waiting or names:
        names = names or list(elf.needs(waiting.pop()).libraries)
        while names:
            name = names.pop()
            path = next((d / name for d in folders if (d / name).is_file()), None)
            if path is not None and name not in found:
                found[name] = path.resolve()
                waiting.append(path)
    pieces = [Piece(found[name], f"{LIBRARIES}/{name}") for name in sorted(found)]
    return pieces, [Piece(Path(loader).resolve(), loader)] if loader else []


def _library_folders(stdlib: Path) -> tuple[Path, ...]:
    triplet = sysconfig.get_config_var("MULTIARCH") or f"{platform.machine()}-linux-gnu"
    usual = (f"/lib/{triplet}", f"/usr/lib/{triplet}", "/lib64", "/usr/lib64", "/lib", "/usr/lib")
    return (stdlib.parent, *(Path(folder) for folder in usual))


def _digest(
    pieces: tuple[Piece, ...], distributions: Iterable[Distribution], extra: PackageSet | None
) -> str:
    digest = hashlib.sha256(f"{sys.version}\n{platform.machine()}\n".encode())
    for key, value in sorted(ENVIRONMENT.items()):
        digest.update(f"{key}={value}\n".encode())
    digest.update(seccomp.program() + seccomp.sealing_program())
    for rules in (Path(__file__), Path(__file__).with_name("build.py")):
        digest.update(rules.read_bytes())
    for distribution in distributions:
        digest.update((distribution.read_text("RECORD") or distribution.version).encode())
    digest.update((extra.digest if extra else "").encode())
    for piece in pieces:
        digest.update(piece.target.encode())
        if piece.target == EXTRA:
            continue  # its digest is there already
        if piece.source.is_file():
            digest.update(piece.source.read_bytes())
        elif not piece.target.startswith(SITE):
            _digest_folder(digest, piece.source)
    return digest.hexdigest()


def _digest_folder(digest: "hashlib._Hash", folder: Path) -> None:
    within = len(f"{folder}/")
    for file in _wanted_files(str(folder)):
        with open(file, "rb") as stream:  # noqa: PTH123  # as above
            digest.update(file[within:].encode() + b"\0" + stream.read())
