"""The operator's policies as one value with one hash: whatever changes them changes verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.errors import ConfigError
from components.schema.policies.code import CodePolicy
from components.schema.policies.file import load_policy, policy_hash
from components.schema.policies.sandbox import SandboxPolicy

if TYPE_CHECKING:
    from pathlib import Path

    from components.sandbox.image.packages import PackageSet
    from components.schema.policies.risk import RiskPolicy
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
        ConfigError: a file is missing or wrong; names file, line and key. Or the packages for
            strategies are not built on this machine.
    """
    # `validate code FILE` needs none of them, and their imports take longer than its check.
    from components.schema.policies.risk import RiskPolicy  # noqa: PLC0415
    from components.schema.policies.schema import SchemaPolicy  # noqa: PLC0415

    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ConfigError(
            f"{folder} lacks {', '.join(missing)}",
            hint="copy them from the project's policies/, or set `policies:` in config.yaml",
        )
    sandbox = load_policy(folder / "sandbox.yaml", SandboxPolicy)
    names = (*FILES, sandbox.packages) if sandbox.packages else FILES
    return Policies(
        schema=load_policy(folder / "schema.yaml", SchemaPolicy),
        code=load_code_policy(folder),
        sandbox=sandbox,
        risk=load_policy(folder / "risk.yaml", RiskPolicy),
        hash=policy_hash({name: (folder / name).read_bytes() for name in names}),
    )


def load_code_policy(folder: Path) -> CodePolicy:
    """The code policy of a folder, which knows the packages that the sandbox has beyond its own.

    Raises:
        ConfigError: a file is wrong, or the packages are not built on this machine.
    """
    policy = load_policy(folder / "code.yaml", CodePolicy)
    walls = folder / "sandbox.yaml"
    packages = packages_of(folder, load_policy(walls, SandboxPolicy)) if walls.is_file() else None
    return policy.with_installed(packages.modules) if packages else policy


def packages_of(folder: Path, policy: SandboxPolicy) -> PackageSet | None:
    """What was built of the packages that a sandbox policy names; None: it names none.

    Raises:
        ConfigError: they are not built on this machine, or their file is wrong.
    """
    if not policy.packages:
        return None
    from components.sandbox.image.packages import find  # noqa: PLC0415  # as above

    file = folder / policy.packages
    found = find(file)
    if found is None:
        raise ConfigError(
            f"the packages of {file} are not built on this machine, for this Python and user",
            hint="run `algoops sandbox build`",
        )
    return found
