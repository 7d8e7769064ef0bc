"""What a hold speaks of: a strategy's content, under whatever version number or name it comes."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bot.checks.subject import DEFINITIONS
from components.schema.documents.reader import read_document

FIRST_VERSION = "1.0.0"
"""What a definition without a version is, see `StrategyDefinition`."""

_NAMING = ("name", "version")


def version_of(files: Mapping[str, bytes]) -> str:
    """The version that a strategy's definition names, "" where it cannot be read.

    Read without any policy: what is live must be named whatever holds today.
    """
    definition = _definition(files)
    return str(definition.get("version", FIRST_VERSION)) if definition else ""


def content_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 (hex) over a strategy's files, its definition without name and version.

    The definition counts by what it says: comments, spaces and the order of keys change nothing.
    One that cannot be read counts as its bytes.
    """
    definition = _definition(files)
    digest = hashlib.sha256()
    if definition:
        said = {key: value for key, value in definition.items() if key not in _NAMING}
        digest.update(json.dumps(said, sort_keys=True, default=str).encode())
    for path in sorted(files):
        if not (definition and path in DEFINITIONS):
            digest.update(f"{len(path)}:{path}:{len(files[path])}:".encode())
            digest.update(files[path])
    return digest.hexdigest()


def _definition(files: Mapping[str, bytes]) -> dict[str, Any]:
    name = next((n for n in DEFINITIONS if n in files), None)
    document = read_document(files[name], name) if name is not None else None
    readable = document is not None and document.readable and isinstance(document.value, dict)
    return dict(document.value) if document is not None and readable else {}
