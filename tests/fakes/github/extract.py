"""Cut the paths that we use out of GitHub's OpenAPI description (npm package @octokit/openapi).

Usage: python tests/fakes/github/extract.py node_modules/@octokit/openapi
"""

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "data" / "github" / "openapi.json"
DROPPED = frozenset({"description", "examples", "externalDocs", "x-github", "summary", "tags"})
REPO = "/repos/{owner}/{repo}"
USED = {
    "/user": ("get",),
    REPO: ("get",),
    f"{REPO}/pulls": ("get", "post"),
    f"{REPO}/pulls/{{pull_number}}": ("get", "patch"),
    f"{REPO}/pulls/{{pull_number}}/merge": ("put",),
    f"{REPO}/pulls/{{pull_number}}/files": ("get",),
    f"{REPO}/pulls/{{pull_number}}/reviews": ("get", "post"),
    f"{REPO}/pulls/comments": ("get",),
    f"{REPO}/pulls/comments/{{comment_id}}/reactions": ("post",),
    f"{REPO}/rules/branches/{{branch}}": ("get",),
    f"{REPO}/statuses/{{sha}}": ("post",),
    f"{REPO}/commits/{{ref}}/statuses": ("get",),
    f"{REPO}/check-runs": ("post",),
    f"{REPO}/check-runs/{{check_run_id}}": ("patch",),
    f"{REPO}/commits/{{ref}}/check-runs": ("get",),
    f"{REPO}/issues": ("get", "post"),
    f"{REPO}/issues/{{issue_number}}": ("patch",),
    f"{REPO}/issues/comments": ("get",),
    f"{REPO}/issues/comments/{{comment_id}}": ("patch",),
    f"{REPO}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{REPO}/issues/comments/{{comment_id}}/reactions": ("post",),
    f"{REPO}/collaborators/{{username}}/permission": ("get",),
    f"{REPO}/git/ref/{{ref}}": ("get",),
    f"{REPO}/git/refs": ("post",),
    f"{REPO}/git/refs/{{ref}}": ("delete",),
    f"{REPO}/git/tags": ("post",),
    f"{REPO}/git/tags/{{tag_sha}}": ("get",),
    f"{REPO}/hooks": ("get",),
    f"{REPO}/hooks/{{hook_id}}/deliveries": ("get",),
    f"{REPO}/hooks/{{hook_id}}/deliveries/{{delivery_id}}/attempts": ("post",),
    "/app/hook/deliveries": ("get",),
    "/app/hook/deliveries/{delivery_id}/attempts": ("post",),
    "/app/installations/{installation_id}": ("get",),
    "/app/installations/{installation_id}/access_tokens": ("post",),
}


def main() -> None:
    """Write the subset."""
    package = Path(sys.argv[1])
    whole = json.loads((package / "generated" / "api.github.com.json").read_text())
    version = json.loads((package / "package.json").read_text())["version"]
    paths = {p: _operations(whole["paths"][p], verbs) for p, verbs in USED.items()}
    components: dict[str, dict[str, Any]] = {}
    _collect(paths, whole, components)
    subset = {
        "openapi": whole["openapi"],
        "info": {
            "title": "GitHub's v3 REST API, a subset",
            "version": whole["info"]["version"],
            "license": whole["info"]["license"],
            "x-source": f"npm package @octokit/openapi {version}, generated/api.github.com.json",
        },
        "paths": paths,
        "components": components,
    }
    TARGET.write_text(json.dumps(subset, separators=(",", ":"), sort_keys=True) + "\n")


def _operations(path: dict[str, Any], verbs: tuple[str, ...]) -> dict[str, Any]:
    return {verb: _slim(path[verb]) for verb in verbs}


def _slim(node: Any, *, named: bool = False) -> Any:
    """Without prose; under `properties` the keys are names, not keywords."""
    if isinstance(node, list):
        return [_slim(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _slim(value, named=key in {"properties", "patternProperties"} and not named)
        for key, value in node.items()
        if named or key not in DROPPED
    }


def _collect(node: Any, whole: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    if isinstance(node, list):
        for item in node:
            _collect(item, whole, found)
    elif isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            _, _, kind, name = reference.split("/")
            if name not in found.setdefault(kind, {}):
                found[kind][name] = _slim(whole["components"][kind][name])
                _collect(found[kind][name], whole, found)
        for value in node.values():
            _collect(value, whole, found)


if __name__ == "__main__":
    main()
