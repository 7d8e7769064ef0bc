"""Output Validator: static code safety; the sandbox is what protects the machine."""

from components.validator.analysis.local import local_files
from components.validator.analysis.notebook import cut_folder, runnable
from components.validator.check import CodeCheck, check_code, check_source
from components.validator.registry.rules import RULES, Rule
from components.validator.ruff import format_source, lint

__all__ = [
    "RULES",
    "CodeCheck",
    "Rule",
    "check_code",
    "check_source",
    "cut_folder",
    "format_source",
    "lint",
    "local_files",
    "runnable",
]
