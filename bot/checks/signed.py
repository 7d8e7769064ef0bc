"""Reports as signed documents: what exactly is signed, and reading one that nobody vouches for."""

import json
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from components.errors import UserError
from components.schema.results.report import Report
from components.texts import harmless, inert

NAMESPACE = "algoops-report"
"""What signatures are made for: one of a commit or a file counts for no report."""

SIGNATURE = "signature"


def document_of(data: bytes) -> dict[str, Any]:
    """A JSON document that somebody else wrote, as plain values.

    Raises:
        UserError: it is no JSON object, says a key twice, nests too deep, or has a number that no
            other program reads alike.
    """
    try:
        document = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number
        )
        json.dumps(document, allow_nan=False)
    except (ValueError, RecursionError) as error:
        why = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise UserError(f"this is no JSON document that can be read: {why}") from error
    if not isinstance(document, dict):
        raise UserError("this is no report: it is no JSON object")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def report_of(document: dict[str, Any]) -> Report:
    """The report that a document is.

    Raises:
        UserError: it is none, or that of a newer version.
    """
    try:
        return Report.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "document"
        raise UserError(
            f"this is no report that this version reads: {place}: {first['msg']}"
        ) from error


def canonical(document: dict[str, Any]) -> bytes:
    """What is signed: all of a document but its signature, whatever its layout.

    Raises:
        ValueError: a number is infinite.
    """
    rest = {key: value for key, value in document.items() if key != SIGNATURE}
    return json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def with_signature(text: str, sign: Callable[[bytes], str]) -> str:
    """A report's JSON text with a signature over all else in it.

    It is signed as it is shown: without characters that nobody sees.

    Args:
        text: JSON of a report.
        sign: makes the signature of bytes. What it raises comes through.
    """
    document = json.loads(inert(harmless(text)))
    document[SIGNATURE] = sign(canonical(document))
    return json.dumps(document, ensure_ascii=False)
