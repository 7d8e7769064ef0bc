"""Packages for strategies: installed once on a machine, from hashed wheels, into one folder a set.

Nothing of a package is run here: pip only unpacks wheels. The folder gets its name when it is
whole, so that a build which was interrupted leaves nothing that counts.
"""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

from components.errors import ConfigError, TransientError
from components.sandbox.image import elf, own
from components.sandbox.image.requirements import Pin, canonical, read_pins

FORMAT = "1"
"""Changes when what is built from the same file changes."""

MANIFEST = "manifest.json"
SITE = "site"
WHEELS = "sandbox-wheels"
"""Folder beside the requirements file with wheels that no index has."""

ASIDE = "building-"
MAX_BYTES = 1024 * 1024
TOLD = 2_000
NOT_PIPS = (
    "PIP_NO_BINARY",
    "PIP_REQUIREMENT",
    "PIP_CONSTRAINT",
    "PIP_USER",
    "PIP_PREFIX",
    "PIP_ROOT",
)
ONLY_WHEELS = (
    "only wheels for this Python are installed, since anything else would run the package's own "
    f"setup script: name a version that has one, or put a wheel that you built into {WHEELS}/ "
    "beside the requirements file, and its hash into the file"
)


@dataclass(frozen=True)
class PackageSet:
    """What was built from a requirements file. Picklable.

    Attributes:
        folder: the packages as they are imported.
        digest: SHA-256 (hex) of the file, this Python, the sandbox's own packages, and the
            hashes of all files that were installed.
        versions: by name of the package.
        modules: top-level names that can be imported.
        libraries: names of shared libraries that its compiled parts ask for.
    """

    folder: Path
    digest: str
    versions: Mapping[str, str]
    modules: tuple[str, ...]
    libraries: tuple[str, ...]


def cache() -> Path:
    """Where built sets are: `algoops/packages` in this user's cache folder."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(root) if Path(root).is_absolute() else Path.home() / ".cache") / "algoops/packages"


def find(file: Path) -> PackageSet | None:
    """What was built from a requirements file on this machine; None: it has not been built.

    Raises:
        ConfigError: the file can't be read, or has lines other than versions with hashes.
    """
    return _read(cache() / _key(_content(file)))


def build(file: Path) -> PackageSet:
    """Install what a requirements file names, unless that was done before.

    Raises:
        ConfigError: what it names can't be had, or does not fit together; says what to do.
    """
    content = _content(file)
    pins = read_pins(content, file.name)
    target = cache() / _key(content)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.parent):
        if (found := _read(target)) is not None:
            return found
        _sweep(target.parent)
        with tempfile.TemporaryDirectory(prefix=ASIDE, dir=target.parent) as aside:
            whole = Path(aside) / "set"
            whole.mkdir(mode=0o755)
            wanted = [p for p in pins if p.name not in own.versions()]
            _install(wanted, file.parent / WHEELS, whole / SITE)
            _write(whole, target.name)
            os.sync()  # a power cut must not leave the name without what is inside
            whole.rename(target)
    return _read(target) or _broken(target)


def _broken(target: Path) -> PackageSet:
    raise TransientError(f"{target} can't be read back", hint="remove it and build again")


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"cannot read {file}: {error.strerror}",
            hint="`packages` in sandbox.yaml names a file beside it; empty means none",
        ) from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{file} has more than {MAX_BYTES} bytes")
    return content


def _key(content: bytes) -> str:
    parts = [FORMAT, sys.version, platform.machine(), sorted(own.versions().items())]
    return hashlib.sha256(json.dumps(parts).encode() + b"\n" + content).hexdigest()[:32]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One build at a time; the kernel frees the lock of a process that was killed."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(folder: Path) -> None:
    """Remove what builds that were killed left: whoever builds holds the lock."""
    for left in folder.glob(f"{ASIDE}*"):
        shutil.rmtree(left, ignore_errors=True)


def _install(pins: Iterable[Pin], wheels: Path, site: Path) -> None:
    site.mkdir()
    lines = "".join(f"{pin.line()}\n" for pin in pins)
    if not lines:
        return
    listed = site.with_name("requirements.txt")
    listed.write_text(lines, encoding="utf-8")
    command = [
        *(sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-input"),
        *("--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"),
        *("--no-deps", "--target", str(site), "--requirement", str(listed)),
        *(("--find-links", str(wheels)) if wheels.is_dir() else ()),
    ]
    environment = {k: v for k, v in os.environ.items() if k not in NOT_PIPS}
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        umask=0o022,
        cwd=site.parent,
    )
    if done.returncode != 0:
        raise ConfigError(
            f"pip did not install the packages: {_last(done.stderr)}", hint=ONLY_WHEELS
        )
    shutil.rmtree(site / "bin", ignore_errors=True)


def _last(text: str) -> str:
    errors = [line for line in text.splitlines() if line.startswith("ERROR")]
    return " ".join((" ".join(errors) or text).split())[-TOLD:]


def _write(whole: Path, key: str) -> None:
    site = whole / SITE
    found = sorted(distributions(path=[str(site)]), key=lambda d: canonical(d.name))
    modules = tuple(sorted({m for d in found for m in own.modules(d)}))
    _refuse_shadows(modules)
    versions = {canonical(d.name): d.version for d in found}
    _refuse_gaps(found, {**own.versions(), **versions})
    digest = hashlib.sha256(key.encode())
    for distribution in found:
        digest.update((distribution.read_text("RECORD") or distribution.version).encode())
    made = PackageSet(site, digest.hexdigest(), versions, modules, _libraries(site))
    facts = {**asdict(made), "folder": SITE}
    (whole / MANIFEST).write_text(json.dumps(facts), encoding="utf-8")


def _refuse_shadows(modules: Iterable[str]) -> None:
    taken = sys.stdlib_module_names | own.all_modules() | own.OURS
    if shadows := sorted(taken & set(modules)):
        raise ConfigError(
            f"the packages bring {', '.join(shadows)}, which would stand in for modules that the "
            "sandbox has already",
            hint="take those packages out of the requirements file",
        )


def _refuse_gaps(found: Iterable[Distribution], versions: Mapping[str, str]) -> None:
    """Every requirement of every package is there, at a version that it takes."""
    gaps = sorted(
        f"{d.name} {d.version} needs {wanted.name}{wanted.specifier}, which "
        + (
            f"is {versions[name]}"
            if (name := canonical(wanted.name)) in versions
            else "is not there"
        )
        for d in found
        for wanted in map(Requirement, d.requires or ())
        if (wanted.marker is None or wanted.marker.evaluate({"extra": ""}))
        and not wanted.specifier.contains(
            versions.get(canonical(wanted.name), ""), prereleases=True
        )
    )
    if gaps:
        raise ConfigError(
            f"the packages do not fit together: {'; '.join(gaps)}",
            hint="have `uv pip compile` write the file, with `--constraint requirements.lock`",
        )


def _libraries(site: Path) -> tuple[str, ...]:
    parts = (file for file in site.rglob("*.so*") if file.is_file())
    return tuple(sorted({name for file in parts for name in elf.needs(file).libraries}))


def _read(folder: Path) -> PackageSet | None:
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return PackageSet(
        folder / SITE,
        facts["digest"],
        facts["versions"],
        tuple(facts["modules"]),
        tuple(facts["libraries"]),
    )
