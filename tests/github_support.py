"""Reports, and a GitHub App, for tests of the GitHub part."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from components.schema.results.report import (
    Change,
    CheckResult,
    ProposalRef,
    Report,
    StrategyReport,
)
from components.schema.results.values import CheckName, Finding, Outcome, Severity, Verdict

URL = "https://github.test/acme/strategies/pull/1"
APP = 77


def app_settings(folder) -> tuple[dict, str]:
    """Settings that speak for an App with a new key, and its public half for the fake."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = folder / "app.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    settings = {
        "token": "",
        "app_id": str(APP),
        "installation_id": 5,
        "private_key_file": str(file),
    }
    return settings, public.decode()


def finding(**changed) -> Finding:
    known = {
        "check": CheckName.CODE,
        "rule": "import-refused",
        "message": "the module os is not allowed",
        "hint": "remove the import",
        "file": "strategies/alpha/strategy.py",
        "line": 3,
        "column": 8,
        "source_line": "import os",
    }
    return Finding(**(known | changed))


def strategy_of(name="alpha", verdict=Verdict.PASSED, findings=(), **changed) -> StrategyReport:
    outcome = Outcome.PASSED if verdict is Verdict.PASSED else Outcome.FAILED
    check = CheckResult(
        name=CheckName.CODE,
        outcome=outcome,
        summary="ok",
        duration_s=0.01,
        findings=tuple(findings),
    )
    known = {
        "name": name,
        "path": f"strategies/{name}",
        "version": "1.1.0",
        "change": Change.MODIFIED,
        "tree": "t" * 40,
        "content_key": "k" * 64,
        "verdict": verdict,
        "stage": None if verdict is Verdict.PASSED else CheckName.CODE,
        "checks": (check,),
    }
    return StrategyReport(**(known | changed))


def report_of(head="a" * 40, verdict=Verdict.PASSED, strategies=None, **changed) -> Report:
    known = {
        "algoops": "0.1.0",
        "run_id": "run-1",
        "repository": "acme/strategies",
        "proposal": ProposalRef(id="pr/1", ref="feature", title="Better", author="ann", url=URL),
        "head_commit": head,
        "base_commit": "b" * 40,
        "merge_tree": "c" * 40,
        "verdict": verdict,
        "summary": "alpha 1.1.0 passed all checks and may be deployed.",
        "strategies": (strategy_of(verdict=verdict),) if strategies is None else tuple(strategies),
        "started_at": "2026-01-02T03:04:05Z",
        "finished_at": "2026-01-02T03:04:07Z",
        "duration_s": 2.0,
    }
    return Report(**(known | changed))


__all__ = ["Severity", "finding", "report_of", "strategy_of"]
