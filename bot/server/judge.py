"""The validators alone, over HTTP: definitions, code, backtest configurations."""

import re
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import ValidationError

from bot.checks.policies import load_code_policy
from bot.config.settings import Settings
from bot.server.bodies import CodeToValidate
from bot.server.errors import Detail, details_of
from bot.server.shapes import (
    InvalidSchema,
    Issue,
    RejectedCode,
    ValidCode,
    ValidConfig,
    ValidSchema,
)
from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.check import validate_mapping
from components.schema.definition.config_check import config_warnings
from components.schema.definition.models import SCHEMA_VERSION
from components.schema.policies.file import load_policy
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import Finding, Severity
from components.validator import check_source, format_source

_NAMED = re.compile(r"`([^`]+)`")


def definition(settings: Settings, document: Any) -> ValidSchema | JSONResponse:
    """Judge a definition: its fields, what they say together, and its rules."""
    checked = validate_mapping(
        document, load_policy(settings.policies / "schema.yaml", SchemaPolicy)
    )
    failing = [f for f in checked.findings if f.severity is Severity.ERROR]
    if checked.definition is None or failing:
        return _invalid("invalid_definition", "The definition is not valid", failing)
    return ValidSchema(
        message="The definition is valid",
        validated_data=checked.definition.model_dump(mode="json"),
        schema_version=SCHEMA_VERSION,
    )


def _invalid(code: str, message: str, findings: list[Finding]) -> JSONResponse:
    answer = InvalidSchema.model_validate(
        {
            "code": code,
            "message": message,
            "errors": [_sentence(f) for f in findings],
            "details": [Detail(field=_field(f), message=_sentence(f)) for f in findings],
        }
    )
    return JSONResponse(answer.model_dump(), 400)


def _field(finding: Finding) -> str:
    """The field that a finding is about, which its message begins with; else its rule."""
    quoted = _NAMED.match(finding.message)
    return quoted[1] if quoted else finding.rule


def _sentence(finding: Finding) -> str:
    where = f"line {finding.line}: " if finding.line else ""
    return f"{where}{finding.message}" + (f" ({finding.hint})" if finding.hint else "")


def code(settings: Settings, asked: CodeToValidate) -> ValidCode | JSONResponse:
    """Judge Python source by the operator's code policy.

    `strict_mode: false` lowers imports that are unknown but not dangerous to warnings.
    """
    policy = load_code_policy(settings.policies)
    content = asked.code.encode("utf-8", "surrogatepass")
    checked = check_source(content, policy=policy, strict=asked.strict_mode)
    if not checked.safe:
        return _rejected([f for f in checked.findings if f.severity is Severity.ERROR])
    return ValidCode(
        message="The code passed every check",
        formatted_code=format_source(content),
        checks_passed=list(checked.checks_passed),
    )


def _rejected(findings: list[Finding]) -> JSONResponse:
    first = findings[0]
    answer = RejectedCode(
        message=_sentence(first),
        details="; ".join(_sentence(f) for f in findings)[:4000],
        issues=[
            Issue(
                rule=f.rule,
                severity=str(f.severity),
                message=f.message,
                hint=f.hint,
                line=f.line,
                column=f.column,
            )
            for f in findings
        ],
        severity=str(Severity.ERROR),
    )
    return JSONResponse(answer.model_dump(), 400)


def config(document: Any) -> ValidConfig | JSONResponse:
    """Judge a backtest configuration."""
    try:
        valid = BacktestConfig.model_validate(document)
    except ValidationError as error:
        details = details_of(error)
        answer = InvalidSchema(
            code="invalid_config",
            message="The configuration is not valid",
            errors=[f"{d.field}: {d.message}" if d.field else d.message for d in details],
            details=details,
        )
        return JSONResponse(answer.model_dump(), 400)
    return ValidConfig(
        message="The configuration is valid",
        validated_config=valid.model_dump(mode="json"),
        warnings=[_sentence(f) for f in config_warnings(valid)],
    )
