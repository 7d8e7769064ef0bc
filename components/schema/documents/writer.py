"""Plain values -> YAML 1.2 text that reads back as the same values."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from components.schema.documents.yaml_reader import resolve

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./ ()<>=+*-]*(?<! )")
# What YAML takes for no character at all, or for the end of a line; JSON has it as it is.
_UNWRITABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LONGEST_LINE = 90


def to_yaml(value: dict[str, Any]) -> str:
    """A mapping as block YAML; small mappings and lists of scalars stand on one line.

    Args:
        value: dicts with text keys, lists, text, numbers, flags and None; finite depth.
    """
    return "".join(f"{line}\n" for line in _mapping(value, "")) or "{}\n"


def _mapping(value: dict[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for key, part in value.items():
        lines += _entry(f"{indent}{_text(key)}:", part, indent)
    return lines


def _entry(head: str, part: Any, indent: str) -> list[str]:
    flow = _flow(part)
    if not isinstance(part, dict | list) or not part or _fits(head, part, flow):
        return [f"{head} {flow}"]
    if isinstance(part, dict):
        return [head, *_mapping(part, indent + "  ")]
    return [head, *(f"{indent}  - {_flow(item)}" for item in part)]


def _fits(head: str, part: dict[str, Any] | list[Any], flow: str) -> bool:
    inner = part.values() if isinstance(part, dict) else part
    plain = not any(isinstance(item, dict | list) for item in inner)
    rules = isinstance(part, list) and any(isinstance(i, str) and " " in i for i in part)
    return plain and not rules and len(head) + len(flow) < _LONGEST_LINE


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else (".inf" if value > 0 else "-.inf")
    return json.dumps(value)


def _text(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and isinstance(resolve(text), str)
    if plain:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNWRITABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
