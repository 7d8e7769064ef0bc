"""Policy files of the operator: YAML to frozen models, refused with file, line and key."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from components.errors import ConfigError
from components.schema.documents.explain import findings_of
from components.schema.documents.lfs import HINT, POINTER, is_lfs_pointer
from components.schema.documents.reader import Document, read_document
from components.schema.results.values import CheckName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.schema.results.values import Finding

M = TypeVar("M", bound=BaseModel)


def load_policy(source: Path | bytes, model: type[M], *, file: str = "") -> M:
    """Read one policy file.

    Args:
        source: the file, or its content (as read from the base branch).
        model: what it must be.
        file: its name for messages, where `source` is content.

    Returns:
        The policy; an empty file is the model's defaults.

    Raises:
        ConfigError: unreadable, or not what the model says; names file, line, column and key of
            every problem.
    """
    name = file or (str(source) if isinstance(source, Path) else "policy")
    content = _content(source)
    if is_lfs_pointer(content):
        raise ConfigError(f"{name}: {POINTER}", hint=HINT)
    document = read_document(content, name, check=CheckName.POLICY)
    if document.findings:
        raise _refused(document.findings)
    value: Any = {} if document.value is None else document.value
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _refused(_findings(error, document, model)) from error


def line_of(file: Path, path: tuple[str | int, ...]) -> str:
    """`FILE:LINE` of a key of a policy file that can be read; of the nearest that is written."""
    span = read_document(file.read_bytes(), str(file), check=CheckName.POLICY).span(path, key=True)
    return f"{file}:{span[0] if span else 1}"


def policy_hash(files: Mapping[str, bytes]) -> str:
    """SHA-256 (hex) over policy files: name -> bytes, in the order of their names."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{len(name.encode())}:{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _content(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"cannot read {source}: {error.strerror}", hint="policies are the operator's files"
        ) from error


def _findings(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> tuple[Finding, ...]:
    return findings_of(error, document, model)


def _refused(findings: tuple[Finding, ...]) -> ConfigError:
    lines = [
        f"{f.file}:{f.line or 1}:{f.column or 1}: {f.message}" + (f" ({f.hint})" if f.hint else "")
        for f in findings
    ]
    return ConfigError("; ".join(lines))
