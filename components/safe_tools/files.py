"""Files under a folder, opened part by part: no link is followed, no write is half done."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from components.errors import TransientError
from components.safe_tools.names import UnsafeName, safe_relative_path, shown

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_LINKS = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def read_file_under(root: Path, relative: str, cap: int) -> bytes:
    """A plain file's bytes.

    Args:
        root: the folder, trusted.
        relative: path inside it, not trusted.
        cap: bytes at most.

    Raises:
        UnsafeName: the path leaves the folder, passes a symbolic link, is no plain file, or the
            file is larger than `cap`.
        FileNotFoundError: there is no such file.
        TransientError: the disk failed.
    """
    *folders, name = safe_relative_path(relative).split("/")
    with _open_folder(root, folders, create=False) as folder, _refused(relative):
        descriptor = os.open(name, _READ, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnsafeName(f"{shown(relative)} is not a plain file")
            data = file.read(cap + 1)
    if len(data) > cap:
        raise UnsafeName(f"{shown(relative)} has more than {cap} bytes")
    return data


def folder_under(root: Path, relative: str) -> Path:
    """The path of a folder that is reached without following a link.

    Args:
        root: the folder, trusted.
        relative: path inside it, not trusted.

    Raises:
        UnsafeName: the path leaves the folder, passes a symbolic link, or is no folder.
        FileNotFoundError: there is no such folder.
        TransientError: the disk failed.
    """
    parts = safe_relative_path(relative).split("/")
    with _open_folder(root, parts, create=False):
        return root.joinpath(*parts)


def write_atomic(root: Path, relative: str, data: bytes) -> None:
    """Write a file so that readers see the old content or the new, also after a power cut.

    Folders on the way are made. The file itself is replaced, whatever it was; a symbolic link in
    the place of a folder is refused.

    Args:
        root: the folder, trusted; made where missing.
        relative: path inside it, not trusted.
        data: the whole content.

    Raises:
        UnsafeName: the path leaves the folder or passes a symbolic link.
        TransientError: the disk failed or is full; the old content is still there.
    """
    *folders, name = safe_relative_path(relative).split("/")
    root.mkdir(parents=True, exist_ok=True)
    with _open_folder(root, folders, create=True) as folder, _refused(relative):
        temporary = f".{secrets.token_hex(8)}.tmp"
        try:
            _write_synced(temporary, data, folder)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            raise
        os.fsync(folder)


def _write_synced(name: str, data: bytes, folder: int) -> None:
    descriptor = os.open(name, _CREATE, 0o644, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


@contextmanager
def _open_folder(root: Path, parts: list[str], *, create: bool) -> Iterator[int]:
    """A descriptor of a folder inside `root`, reached without following a link."""
    with _refused("/".join(parts)):
        current = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with _refused("/".join(parts)):
            for part in parts:
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=current)
                below = os.open(part, _FOLDER, dir_fd=current)
                os.close(current)
                current = below
        yield current
    finally:
        os.close(current)


@contextmanager
def _refused(relative: str) -> Iterator[None]:
    """The kernel's refusals in our words; a missing file stays FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        # ELOOP: a link where none may be; ENOTDIR: the same for folders; ENXIO: a socket.
        if error.errno in _LINKS:
            raise UnsafeName(f"{shown(relative)} passes a link or is no plain file") from error
        raise TransientError(f"cannot use {shown(relative)}: {error.strerror}") from error
