"""What pydantic found wrong with a document, said to people, at its place in the file."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from components.schema.documents.reader import MOST_FINDINGS, Document, capped
from components.schema.types import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from components.schema.documents.bounds import Path
    from components.schema.results.values import Finding

_BRANCHES = frozenset({"flag", "integer", "number", "text", "spec", "list"})
_MISSING = object()
_GUESS = re.compile(r"did you mean `([$\w.-]{1,100})`\?")
_SHOWN = 60
_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "path_type": "a path",
    "finite_number": "a finite number",
    "model_type": "settings (key: value)",
    "dict_type": "settings (key: value)",
    "tuple_type": "a list",
    "union_tag_not_found": "true, false, a number or text",
    "union_tag_invalid": "true, false, a number or text",
}
YES_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def findings_of(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> tuple[Finding, ...]:
    """One finding for each of pydantic's errors, in the order of the file, up to a cap.

    Args:
        error: what `model.model_validate(document.value)` raised.
        document: where the values stand.
        model: the model, for the names that are allowed.
    """
    items = error.errors(include_url=False, include_context=True)
    found = [_finding(item, document, model) for item in items[:MOST_FINDINGS]]
    found.sort(key=lambda f: (f.line or 0, f.column or 0))
    return capped(tuple(found), len(items))


def path_of(item: ErrorDetails, value: Any) -> Path:
    """An error's place as keys and indices of the document, without names of union branches."""
    path: list[str | int] = []
    for part in item["loc"]:
        child = _child(value, part)
        if child is _MISSING and (part in _BRANCHES or part == "[key]"):
            continue
        path.append(part)
        value = child
    return tuple(path)


def dotted(path: Path) -> str:
    """A path as people write it: `parameters.fast.min`, `entry_rules[0]`."""
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return text.removeprefix(".") or "the document"


def shown(value: Any) -> str:
    """A found value in a few characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def near(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or an empty string."""
    names = {name.lower(): name for name in known}
    close = get_close_matches(word.lower()[:100], names, n=1, cutoff=0.6)
    return f"did you mean `{names[close[0]]}`?" if close else ""


def guessed(hint: str) -> str:
    """The known word that a hint of `near` names; "" for any other hint."""
    found = _GUESS.fullmatch(hint)
    return found[1] if found else ""


def _finding(item: ErrorDetails, document: Document, model: type[BaseModel]) -> Finding:
    path = path_of(item, document.value)
    kind, name, found = item["type"], dotted(path), shown(item["input"])
    if kind == "missing":
        return document.finding(path[:-1], "missing-field", f"`{name}` is missing", key=True)
    if kind == "extra_forbidden":
        fields = sorted(fields_at(model, path[:-1]))
        return document.finding(
            path,
            "unknown-field",
            f"`{name}` is not a field" + (f" of `{dotted(path[:-1])}`" if path[:-1] else ""),
            key=True,
            found=str(path[-1])[:60],
            allowed=", ".join(fields),
            hint=_instead(str(path[-1]), fields),
        )
    rule, allowed = rule_and_allowed(item)
    if path == ("schema_version",):
        rule = "schema-version"
    said = str(item["ctx"]["error"]) if kind == "value_error" else ""
    return document.finding(
        path,
        rule,
        f"`{name}`: {said}" if said else f"`{name}` is {found}, allowed: {allowed}",
        key="[key]" in item["loc"],
        found=found,
        allowed=allowed,
        hint=_hint(item, path),
    )


def _instead(name: str, fields: list[str]) -> str:
    if name == "<<":
        return "merge keys are not part of YAML 1.2: write the fields out"
    return near(name, fields) or "remove it"


def rule_and_allowed(item: ErrorDetails) -> tuple[str, str]:
    """The rule that an error breaks, and in words what would be allowed."""
    kind, context = item["type"], item.get("ctx", {})
    if kind in _EXPECTED:
        return "wrong-type", _EXPECTED[kind]
    if kind == "string_pattern_mismatch":
        return "bad-value", WORDS.get(context["pattern"], f"text that matches {context['pattern']}")
    if kind == "literal_error":
        return "bad-value", str(context["expected"]).replace("'", "").replace(" or ", ", ")
    if kind == "value_error":
        return "bad-value", ""
    if kind.startswith("date"):
        return "bad-value", "a day of the calendar, written YYYY-MM-DD"
    return ("out-of-range" if kind in _RANGES else "bad-value"), _range_words(item)


_RANGES = {
    "greater_than": ("gt", "more than {}"),
    "greater_than_equal": ("ge", "{} or more"),
    "less_than": ("lt", "less than {}"),
    "less_than_equal": ("le", "{} or less"),
    "too_long": ("max_length", "at most {} entries"),
    "too_short": ("min_length", "at least {} entries"),
    "string_too_long": ("max_length", "at most {} characters"),
    "string_too_short": ("min_length", "at least {} characters"),
}


def _range_words(item: ErrorDetails) -> str:
    if item["type"] not in _RANGES:
        message = item["msg"]
        return message[:1].lower() + message[1:]
    key, words = _RANGES[item["type"]]
    bound = item.get("ctx", {}).get(key)
    return words.format(f"{bound:g}" if isinstance(bound, float) else bound)


def _hint(item: ErrorDetails, path: Path) -> str:
    value, kind = item["input"], item["type"]
    if value is None:
        return "give it a value, or remove the line"
    if path == ("schema_version",):
        return "`algoops schema migrate FILE` converts documents of version 1.x"
    if kind == "string_type" and isinstance(value, int | float):
        return f'put it in quotes: "{value}"'
    return _hint_for_text(item, value) if isinstance(value, str) else ""


def _hint_for_text(item: ErrorDetails, value: str) -> str:
    kind = item["type"]
    if kind == "bool_type" and value.lower() in YES_NO:
        return f"in YAML 1.2 `{value}` is text: write {YES_NO[value.lower()]}"
    if kind == "tuple_type":
        return "write a list: one `- ...` line each"
    if kind == "literal_error":
        expected = str(item.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
        return near(value, [word.strip("' ") for word in expected.split(",")])
    return ""


def _child(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(part, _MISSING)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return _MISSING


def fields_at(model: type[BaseModel], path: Path) -> set[str]:
    """Names of the fields that are allowed at a place."""
    kinds: list[Any] = [model]
    for part in path:
        models = [m for kind in kinds for m in _models_in(kind)]
        kinds = [m.model_fields[part].annotation for m in models if part in m.model_fields] or [
            kind for kind in kinds if not _is_model(kind)
        ]
    fields = (f for kind in kinds for m in _models_in(kind) for f in m.model_fields.items())
    return {field.alias or name for name, field in fields}


def _models_in(kind: Any) -> list[type[BaseModel]]:
    if _is_model(kind):
        return [kind]
    return [model for part in get_args(kind) for model in _models_in(part)]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
