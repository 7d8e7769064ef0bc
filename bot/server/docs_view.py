"""The OpenAPI document as rows for the page at /docs."""

import json
from dataclasses import dataclass
from typing import Any

ORDER = ("strategies", "backtests", "lists", "webhooks", "probes")
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One operation; `schema` and `example` are JSON texts, "" where it takes no body."""

    method: str
    path: str
    anchor: str
    summary: str
    needs_token: bool
    parameters: tuple[dict[str, Any], ...]
    schema: str
    example: str
    answers: tuple[tuple[str, str], ...]


def operations(document: dict[str, Any]) -> list[tuple[str, list[Operation]]]:
    """All operations, by their first tag."""
    groups: dict[str, list[Operation]] = {name: [] for name in ORDER}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                found = methods[method]
                groups.setdefault(found["tags"][0], []).append(
                    _operation(document, path, method, found)
                )
    return [(name, rows) for name, rows in groups.items() if rows]


def _operation(
    document: dict[str, Any], path: str, method: str, found: dict[str, Any]
) -> Operation:
    schema = _body(document, found)
    examples = schema.get("examples", [])
    return Operation(
        method=method.upper(),
        path=path,
        anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        summary=found.get("description", ""),
        needs_token={} not in found["security"] and bool(found["security"]),
        parameters=tuple(found.get("parameters", ())),
        schema=_text(schema),
        example=_text(examples[0]) if examples else "",
        answers=tuple((code, a.get("description", "")) for code, a in found["responses"].items()),
    )


def _body(document: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    content = found.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema: dict[str, Any] = content.get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: dict[str, Any] = document["components"]["schemas"].get(name, schema)
    return resolved


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) if value else ""
