"""The Docker image, made of this machine's own Python: no registry, no network, no Dockerfile run.

The same inputs give the same bytes and so the same image id: files are sorted, without times or
owners, byte code is compiled anew with the paths that it has inside, and the image's own date is
the epoch.
"""

import fcntl
import hashlib
import importlib.util
import io
import json
import marshal
import platform
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from components.sandbox.backends import owner
from components.sandbox.image import inventory
from components.sandbox.image.inventory import Inventory, wanted_files

FOLDERS = ("tmp", "proc", "dev", "sys", "etc", "run/algoops")
EPOCH = "1970-01-01T00:00:00Z"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
UNCHECKED_HASH_PYC = 1
OLD_MARSHAL = 2
"""Later marshal formats write back-references that depend on what else is in memory."""


@dataclass(frozen=True)
class Layer:
    """The root filesystem as a tar file: where it is, its SHA-256 (hex) and size in bytes."""

    path: Path
    digest: str
    size: int


def tag(repository: str, contents: Inventory) -> str:
    """The image's name, derived from what is to be inside."""
    return f"{repository}:{contents.digest[:16]}"


def write_layer(contents: Inventory, path: Path) -> Layer:
    """Write the root filesystem to `path` as a tar."""
    entries = dict(_entries(contents))
    with tarfile.open(path, mode="w") as tar:
        for folder in sorted(_parents(entries)):
            tar.addfile(_header(folder, tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755))
        for target in sorted(entries):
            for name, content, mode in _files(target, entries[target]):
                header = _header(name, tarfile.REGTYPE, mode)
                header.size = len(content)
                tar.addfile(header, io.BytesIO(content))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Layer(path=path, digest=digest, size=path.stat().st_size)


@contextmanager
def archive(contents: Inventory, name: str) -> Iterator[IO[bytes]]:
    """The whole image, as `docker load` takes it, in a temporary file."""
    with tempfile.TemporaryDirectory(prefix="image-", dir=owner.home()) as folder:
        layer = write_layer(contents, Path(folder) / "layer.tar")
        path = Path(folder) / "image.tar"
        with tarfile.open(path, mode="w") as tar:
            config = _config(layer).encode()
            config_name = f"{hashlib.sha256(config).hexdigest()}.json"
            manifest = [{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]
            for inner, text in ((config_name, config), ("manifest.json", json.dumps(manifest))):
                content = text.encode() if isinstance(text, str) else text
                header = _header(inner, tarfile.REGTYPE, 0o644)
                header.size = len(content)
                tar.addfile(header, io.BytesIO(content))
            header = _header("layer.tar", tarfile.REGTYPE, 0o644)
            header.size = layer.size
            with layer.path.open("rb") as body:
                tar.addfile(header, body)
        layer.path.unlink()
        with path.open("rb") as file:
            yield file


@contextmanager
def build_lock() -> Iterator[None]:
    """One build at a time for this user of this machine."""
    with (owner.base() / "build.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _config(layer: Layer) -> str:
    environment = [f"{key}={value}" for key, value in sorted(inventory.ENVIRONMENT.items())]
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": EPOCH,
        "config": {"Env": environment, "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}"]},
        "history": [{"created": EPOCH, "created_by": "algoops sandbox build"}],
    }
    return json.dumps(config, sort_keys=True)


def _entries(contents: Inventory) -> Iterator[tuple[str, Path]]:
    for piece in contents.pieces:
        for file in wanted_files(piece.source):
            target = PurePosixPath(piece.target)
            inside = target / file.relative_to(piece.source) if file != piece.source else target
            yield str(inside).lstrip("/"), file


def _parents(entries: dict[str, Path]) -> set[str]:
    names = [*entries, *(f"{folder}/_" for folder in FOLDERS)]
    found = {str(p) for name in names for p in PurePosixPath(name).parents if str(p) != "."}
    caches = {f"{PurePosixPath(n).parent}/__pycache__" for n in entries if n.endswith(".py")}
    return found | caches


def _files(target: str, source: Path) -> Iterator[tuple[str, bytes, int]]:
    content = source.read_bytes()
    yield target, content, 0o755 if source.stat().st_mode & 0o100 else 0o644
    if target.endswith(".py") and (compiled := _compiled(f"/{target}", content)) is not None:
        yield importlib.util.cache_from_source(target, optimization=""), compiled, 0o644


def _compiled(path: str, source: bytes) -> bytes | None:
    """Byte code that Python trusts without comparing times; None for a file it can't compile."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):  # templates of code among some packages' files
        return None
    flags = UNCHECKED_HASH_PYC.to_bytes(4, "little")
    head = importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source)
    return head + marshal.dumps(code, OLD_MARSHAL)


def _header(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.mode, header.mtime = kind, mode, 0
    return header


def main() -> None:
    """Write the root filesystem as a tar to the path named on the command line."""
    layer = write_layer(inventory.take(), Path(sys.argv[1]))
    sys.stdout.write(f"sha256:{layer.digest} {layer.size} bytes\n")


if __name__ == "__main__":
    main()
