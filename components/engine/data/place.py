"""Where market data is: a folder of this machine, or a URL that fsspec knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class RemotePlace:
    """A folder of Parquet files behind a URL, and where this machine keeps what it fetched.

    Attributes:
        url: such as s3://bucket/folder; holds no credentials.
        cache: a folder of this machine, shared by all its processes.
        poll_s: a listing of the files is used for so many seconds, then made anew.
    """

    url: str
    cache: Path
    poll_s: float

    def __str__(self) -> str:
        return self.url


DataPlace = Path | RemotePlace


def folder_or_url(value: object) -> object:
    """What a setting names: text with `://` stays text, a `file://` URL and other text is a path.

    Raises:
        ValueError: a URL that can't be used; never shows it, it may hold a secret.
    """
    if not isinstance(value, str):
        return value
    if "://" not in value:
        return Path(value)
    parts = urlsplit(value)
    if "::" in value or parts.scheme == "memory":
        raise ValueError("a folder, or one URL such as s3://bucket/folder")
    if parts.query or parts.fragment or (parts.username and ":" in parts.netloc.rpartition("@")[0]):
        raise ValueError(
            "a URL without credentials and without ?: they come from the environment, such as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if not parts.netloc:
        raise ValueError("a URL that names a bucket, such as s3://bucket/folder")
    return value.rstrip("/")
