"""The code check of one strategy's files and ruff's warnings: the same for every command."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from components.schema.policies.code import CodePolicy
from components.schema.results.fixes import moved
from components.validator import CodeCheck, check_code, cut_folder, lint

if TYPE_CHECKING:
    from bot.checks.subject import Subject
    from components.schema.definition.check import DefinitionCheck


def judge_code(
    files: Mapping[str, bytes],
    policy: CodePolicy,
    *,
    strict: bool = True,
    parameters: Collection[str] | None = None,
    prefix: str = "",
) -> CodeCheck:
    """Judge files and lint them; see `check_code` for the arguments.

    Raises:
        TransientError: ruff isn't there.
    """
    checked = check_code(files, policy=policy, strict=strict, parameters=parameters, prefix=prefix)
    cuts = cut_folder(files)
    lints = (moved(f, prefix + f.file) for f in lint(files) if not cuts[f.file].covers(f.line or 0))
    return replace(checked, findings=(*checked.findings, *lints))


def judge_folder(
    subject: "Subject", definition: "DefinitionCheck", policy: CodePolicy, *, strict: bool = True
) -> CodeCheck:
    """Judge the code of a strategy's folder, with what its definition says of parameters."""
    parameters = definition.definition.parameters if definition.definition else None
    prefix = f"{subject.path}/"
    return judge_code(subject.files, policy, strict=strict, parameters=parameters, prefix=prefix)
