"""The operator's policies as one value with one hash: whatever changes them changes verdicts."""

from dataclasses import dataclass
from pathlib import Path

from components.errors import ConfigError
from components.schema.policies.code import CodePolicy
from components.schema.policies.file import load_policy, policy_hash
from components.schema.policies.risk import RiskPolicy
from components.schema.policies.sandbox import SandboxPolicy
from components.schema.policies.schema import SchemaPolicy

FILES = ("schema.yaml", "code.yaml", "sandbox.yaml", "risk.yaml")


@dataclass(frozen=True)
class Policies:
    """The four policies and the hash over their files."""

    schema: SchemaPolicy
    code: CodePolicy
    sandbox: SandboxPolicy
    risk: RiskPolicy
    hash: str


def load_policies(folder: Path) -> Policies:
    """Read the four policy files of a folder.

    Raises:
        ConfigError: a file is missing or wrong; names file, line and key.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ConfigError(
            f"{folder} lacks {', '.join(missing)}",
            hint="copy them from the project's policies/, or set `policies:` in config.yaml",
        )
    return Policies(
        schema=load_policy(folder / "schema.yaml", SchemaPolicy),
        code=load_policy(folder / "code.yaml", CodePolicy),
        sandbox=load_policy(folder / "sandbox.yaml", SandboxPolicy),
        risk=load_policy(folder / "risk.yaml", RiskPolicy),
        hash=policy_hash({name: (folder / name).read_bytes() for name in FILES}),
    )
