"""Output Validator: static code safety. The first, fast line; the sandbox is the wall."""

from components.validator.check import CodeCheck, check_code, check_source
from components.validator.local import local_files
from components.validator.ruff import format_source, lint
from components.validator.rules import RULES, Rule

__all__ = [
    "RULES",
    "CodeCheck",
    "Rule",
    "check_code",
    "check_source",
    "format_source",
    "lint",
    "local_files",
]
