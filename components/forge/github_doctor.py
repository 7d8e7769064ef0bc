"""What `algoops doctor` asks: missing permissions, and rules of the base that do not suit."""

from collections.abc import Iterator

from components.forge.github_answers import NOT_FOUND, Refused
from components.forge.github_auth import Connection, GitHubAccess
from components.forge.github_client import Client

_APP_NEEDS = {
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "metadata": "read",
}
_LEVELS = ("", "read", "write", "admin")


def missing_permissions(connection: Connection) -> tuple[str, ...]:
    """What has to be given, one sentence each; empty: all is there.

    Raises:
        TransientError: GitHub does not answer.
    """
    try:
        asked = _of_app if connection.app is not None else _of_token
        return tuple(asked(connection))
    except Refused as refused:
        return (str(refused),)


def _of_app(connection: Connection) -> Iterator[str]:
    if connection.app is None:
        return
    path = f"/app/installations/{connection.access.installation_id}"
    given = connection.app.get(path)["permissions"]
    for name, level in _APP_NEEDS.items():
        if _LEVELS.index(str(given.get(name, ""))) < _LEVELS.index(level):
            words = name.replace("_", " ").capitalize()
            yield f"the App needs {words}: {level}; found {given.get(name, 'none')}"


def _of_token(connection: Connection) -> Iterator[str]:
    path = f"/repos/{connection.access.repository}"
    scopes = connection.client.headers(path).get("x-oauth-scopes")
    if scopes is not None:
        given = {scope.strip() for scope in scopes.split(",")}
        if not given & {"repo", "public_repo"}:
            yield f"the token needs the scope repo; found {scopes or 'none'}"
    allowed = connection.client.get(path).get("permissions") or {}
    if not allowed.get("push"):
        yield (
            "the token's account needs write access; a fine-grained token: "
            "Contents, Pull requests, Commit statuses: read and write"
        )


def unsuited_rules(client: Client, access: GitHubAccess) -> tuple[str, ...]:
    """Rules of the base branch that deploys can't keep, one sentence each.

    Those of rulesets; older branch protection shows itself to administrators alone.

    Raises:
        TransientError: GitHub does not answer.
    """
    try:
        rules = client.get(f"/repos/{access.repository}/rules/branches/{access.base}")
    except Refused as refused:
        if refused.status != NOT_FOUND:
            raise
        return ()
    kinds = {str(rule.get("type")) for rule in rules if isinstance(rule, dict)}
    found = []
    if "merge_queue" in kinds and access.deploy_by == "push":
        found.append(
            f"{access.base} has a merge queue, and deploy_by: push goes past it; "
            "set deploy_by: merge: then deploys enter the queue"
        )
    if "required_linear_history" in kinds and access.deploy_by == "push":
        found.append(
            f"{access.base} asks for a linear history, and deploy_by: push pushes merge commits; "
            "set deploy_by: merge"
        )
    return tuple(found)
