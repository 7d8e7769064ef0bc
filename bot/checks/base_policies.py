"""Policies that a watched repository carries on its base branch: changed by review, like its code.

They are read from the base, never from a proposal; a proposal that would break them is told so.
The limits of the sandbox (sandbox.yaml) belong to the machine and stay in the bot's own folder.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.checks.policies import Policies
from bot.checks.subject import Bench
from components.errors import ConfigError
from components.schema.policies.code import CodePolicy
from components.schema.policies.file import load_policy, policy_hash
from components.schema.policies.risk import RiskPolicy
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import CheckName, Finding

if TYPE_CHECKING:
    from bot.checks.run import Where

FILES = ("schema.yaml", "code.yaml", "risk.yaml")
WALLS = "sandbox.yaml"
MAX_BYTES = 256 * 1024


def bench_at(where: "Where", bench: Bench, base: str) -> Bench:
    """The bench with the policies that hold on this base.

    Args:
        where: the repository; without `policies` of its own the bench is as it was.
        bench: with the operator's policies, which hold where the base has no file.
        base: commit or tree id of the base.

    Raises:
        ConfigError: a policy file on the base is wrong; names file, line and key.
    """
    if not where.policies:
        return bench
    return replace(bench, policies=_policies(bench.policies, _files(where, base), where.policies))


def bench_now(where: "Where", bench: Bench, branch: str) -> Bench:
    """As `bench_at`, on the base branch as it was fetched last."""
    return replace(bench, policies=policies_now(where, bench.policies, branch))


def policies_now(where: "Where", operators: Policies, branch: str) -> Policies:
    """The policies that hold on the base branch as it was fetched last. Raises ConfigError."""
    base = where.repository.resolve(f"refs/heads/{branch}") if where.policies else None
    return _policies(operators, _files(where, base), where.policies) if base else operators


def broken_policies(where: "Where", bench: Bench, merged: str) -> tuple[Finding, ...]:
    """What a proposal would break: findings for the policy files of its merge result.

    Args:
        where: the repository.
        bench: with the operator's policies.
        merged: tree id of the merge result, "" where there is none.
    """
    if not where.policies or not merged:
        return ()
    try:
        bench_at(where, bench, merged)
    except ConfigError as error:
        return (
            Finding(
                check=CheckName.POLICY,
                rule="policies-broken",
                file=where.policies,
                message=f"with this change the policies could not be read: {error}",
                hint="nothing could be checked after this landed",
            ),
        )
    return ()


def policies_differ(where: "Where", one: str, other: str) -> bool:
    """Whether two bases carry other policies."""
    return bool(where.policies) and _files(where, one) != _files(where, other)


def _files(where: "Where", commit: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name in (*FILES, WALLS):
        path = f"{where.policies}/{name}"
        try:
            content = where.repository.read_blob(commit, path, MAX_BYTES)
        except ValueError as error:
            raise ConfigError(f"{path} of {where.name} cannot be read: {error}") from error
        if content is not None:
            found[name] = content
    return found


def _policies(operators: Policies, files: Mapping[str, bytes], folder: str) -> Policies:
    if WALLS in files:
        raise ConfigError(
            f"{folder}/{WALLS}: a repository cannot set the sandbox limits of the machine",
            hint=f"remove it; the operator's {WALLS} holds",
        )
    if not files:
        return operators
    schema, code, risk = (files.get(name) for name in FILES)
    return Policies(
        schema=load_policy(schema, SchemaPolicy, file=f"{folder}/schema.yaml")
        if schema is not None
        else operators.schema,
        code=load_policy(code, CodePolicy, file=f"{folder}/code.yaml").with_installed(
            operators.code.installed
        )
        if code is not None
        else operators.code,
        sandbox=operators.sandbox,
        risk=load_policy(risk, RiskPolicy, file=f"{folder}/risk.yaml")
        if risk is not None
        else operators.risk,
        hash=policy_hash({"operator": operators.hash.encode(), **files}),
    )
