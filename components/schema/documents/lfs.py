"""Git LFS pointers: small texts that stand in git for a file which is kept elsewhere."""

_START = b"version https://git-lfs.github.com/spec/"
POINTER = "it is a Git LFS pointer: git has only a reference to the file, not the file itself"
HINT = "commit the file itself: `git lfs untrack` its pattern, then `git add --renormalize`"


def is_lfs_pointer(data: bytes) -> bool:
    """Whether these bytes are a pointer instead of the content that they stand for."""
    return data.startswith(_START)
