"""GitHub's own OpenAPI description: fills answers up to their schema, and judges both directions."""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FILE = Path(__file__).parents[2] / "data" / "github" / "openapi.json"
ROOT = "urn:github"
DEFAULTS = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "object": {},
}
FORMATS = {"date-time": "2026-01-02T03:04:05Z", "uri": "https://example.test/x"}


@functools.cache
def document() -> dict[str, Any]:
    return json.loads(FILE.read_text())


@functools.cache
def _schemas() -> dict[str, Any]:
    """The schemas as JSON Schema: OpenAPI 3.0's `nullable` becomes a type of its own."""
    return _converted(document()["components"]["schemas"])


def _converted(node: Any) -> Any:
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _converted(value) for key, value in node.items()}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = made["$ref"].replace("#/", f"{ROOT}#/", 1)
    if made.pop("nullable", False) is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made


@functools.cache
def _registry() -> Registry:
    body = {"components": {"schemas": _schemas()}}
    return Registry().with_resource(ROOT, Resource.from_contents(body, DRAFT202012))


def operation(verb: str, path: str) -> dict[str, Any] | None:
    """The described operation for a request's path, or None."""
    for pattern, verbs in _paths():
        if verb.lower() in verbs and pattern.fullmatch(path):
            return verbs[verb.lower()]
    return None


@functools.cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    made = []
    for template, verbs in document()["paths"].items():
        pattern = re.sub(r"\\\{ref\\\}", ".+", re.escape(template))
        made.append((re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)), verbs))
    return made


def problems_of_request(verb: str, path: str, query: dict[str, str], body: Any) -> list[str]:
    """How a request differs from what GitHub documents; empty: it does not."""
    described = operation(verb, path)
    if described is None:
        return [f"{verb} {path} is not described"]
    found = [f"unknown parameter {name}" for name in query if name not in _parameters(described)]
    schema = _content(described.get("requestBody"))
    if schema is None:
        return found + ([f"a body was sent: {body}"] if body else [])
    return found + problems(body, schema) + _unknown_fields(body, schema)


def problems_of_answer(verb: str, path: str, status: int, body: Any) -> list[str]:
    """How an answer differs from what GitHub documents."""
    described = operation(verb, path)
    if described is None:
        return [f"{verb} {path} is not described"]
    answer = described["responses"].get(str(status))
    if answer is None:
        return [] if status >= 400 else [f"status {status} is not described"]
    schema = _content(_resolved(answer))
    return problems(body, schema) if schema is not None and body is not None else []


def problems(value: Any, schema: dict[str, Any]) -> list[str]:
    validator = _validator(json.dumps(schema, sort_keys=True))
    return [f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(value)]


def _properties(
    validator: Any, properties: dict[str, Any], value: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """JSON Schema's `properties`; what was found right is not judged again: most are repeats."""
    for name in properties.keys() & value.keys() if validator.is_type(value, "object") else ():
        known = id(properties[name]), json.dumps(value[name])  # a schema lives as long as we do
        if known not in _RIGHT:
            found = [*validator.descend(value[name], properties[name], name, name)]
            yield from found
            if not found:
                _RIGHT.add(known)


_RIGHT: set[tuple[int, str]] = set()
_Judge = extend(Draft202012Validator, {"properties": _properties})


@functools.cache
def _validator(schema: str) -> Validator:
    return _Judge(_converted(json.loads(schema)), registry=_registry())


def complete(name: str, known: dict[str, Any]) -> dict[str, Any]:
    """`known` with every required field of the schema that it lacks, filled plainly."""
    return _filled(document()["components"]["schemas"][name], known)


def _filled(schema: dict[str, Any], known: Any) -> Any:
    schema = _resolved(schema)
    for part in schema.get("allOf", ()):
        known = _filled(part, known)
    chosen = schema.get("oneOf") or schema.get("anyOf")
    if known is None:
        return _plain(schema)
    if chosen and isinstance(known, dict):
        return _filled(chosen[0], known)
    if not isinstance(known, dict):
        return known
    fields = schema.get("properties", {})
    made = dict(known)
    for name in schema.get("required", ()):
        if name not in made:
            made[name] = _plain(fields.get(name, {}))
    for name, value in known.items():
        if name in fields and isinstance(value, dict):
            made[name] = _filled(fields[name], value)
    return made


def _plain(schema: dict[str, Any]) -> Any:
    schema = _resolved(schema)
    if schema.get("nullable"):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    chosen = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if chosen:
        return _plain(chosen[0])
    if schema.get("type") == "object" or "properties" in schema:
        return _filled(schema, {})
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    return DEFAULTS[schema.get("type", "string")]


def _parameters(described: dict[str, Any]) -> set[str]:
    return {_resolved(p)["name"] for p in described.get("parameters", ())}


def _content(holder: dict[str, Any] | None) -> dict[str, Any] | None:
    content = (holder or {}).get("content", {}).get("application/json")
    return content["schema"] if content else None


def _unknown_fields(body: Any, schema: dict[str, Any]) -> list[str]:
    fields = _resolved(schema).get("properties")
    if not fields or not isinstance(body, dict):
        return []
    return [f"unknown field {name}" for name in body if name not in fields]


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = document()["components"][kind][name]
    return node
