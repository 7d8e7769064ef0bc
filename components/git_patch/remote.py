"""Fetching from and pushing to a remote: validated addresses and refspecs, verdicts understood."""

import re
from collections.abc import Sequence

from components.errors import Moved, TransientError, UserError
from components.git_patch.values import Update
from components.safe_tools.hardened import GitFailed, HardenedGit
from components.safe_tools.names import UnsafeName, object_id, ref_name, ref_problem, shown

FETCH_TIMEOUT_S = 600.0
_URL = re.compile(r"(?:https?|ssh|file)://[^\s\x00-\x1f-][^\s\x00-\x1f]*|/[^\x00-\x1f]*")
_RACE = re.compile(
    r"stale info|fetch first|non-fast-forward|already exists|cannot lock ref|failed to update ref"
    r"|incorrect old value"
)


def fetch(git: HardenedGit, url: str, refspecs: Sequence[str]) -> None:
    """Bring refs and their objects here; refs that are gone there are pruned here.

    Args:
        git: the mirror; its protocols must allow the address.
        url: https, ssh or file address, or an absolute path.
        refspecs: `+refs/...:refs/...`, each side with at most one `*`.

    Raises:
        UnsafeName: a refused address or refspec.
        TransientError: the remote does not answer, or sends broken objects.
    """
    args = ["fetch", "--quiet", "--no-tags", "--prune", "--no-write-fetch-head", "--no-auto-gc"]
    specs = [_refspec(s) for s in refspecs]
    try:
        git.run(*args, "--end-of-options", _url(url), *specs, timeout_s=FETCH_TIMEOUT_S)
    except GitFailed as error:
        raise TransientError(f"cannot fetch: {error}", hint=_to_do(error)) from error


def _to_do(error: GitFailed) -> str:
    if "couldn't find remote ref" in str(error):
        return "was the branch renamed or deleted? `base` in config.yaml names the base branch"
    return "is the remote reachable?"


def push(git: HardenedGit, url: str, updates: Sequence[Update]) -> None:
    """Move refs of a remote, all or none, each only from where it was expected.

    A remote that has an update's `new` already counts as moved. An update with equal `old` and
    `new` is compared with what the remote announces when the push starts.

    Raises:
        Moved: a ref of the remote is not where it was expected to be.
        UserError: the remote refused (protection, hook, permission); carries its words.
        TransientError: the remote does not answer.
    """
    args = ["push", "--porcelain", "--atomic", "--no-verify", "--no-follow-tags", "--no-signed"]
    args += [f"--force-with-lease={ref_name(u.ref)}:{_id(u.old)}" for u in updates]
    specs = [f"{_id(u.new)}:{u.ref}" for u in updates]
    output = git.run(
        *args, "--end-of-options", _url(url), *specs, ok=(0, 1, 128), timeout_s=FETCH_TIMEOUT_S
    )
    if output.code == 0:
        return
    refused = [line for line in output.text.splitlines() if line.startswith("!\t")]
    if refused and _RACE.search("\n".join((*refused, output.stderr))):
        raise Moved("a ref of the remote moved in the meantime: " + _words(refused))
    if refused:
        raise UserError(f"the remote refused the push: {_words(refused)}\n{output.stderr}".strip())
    raise TransientError(f"cannot push: {output.stderr}", hint="is the remote reachable?")


def _id(commit: str | None) -> str:
    return object_id(commit) if commit else ""


def _words(lines: list[str]) -> str:
    return "; ".join(line.removeprefix("!\t").replace("\t", " ") for line in lines)


def _url(url: str) -> str:
    if not _URL.fullmatch(url):
        raise UnsafeName(f"{shown(url)} is not an https, ssh or file address or absolute path")
    return url


def _refspec(spec: str) -> str:
    source, _, target = spec.removeprefix("+").partition(":")
    for side in (source, target):
        problem = ref_problem(side.replace("*", "x", 1))
        if problem:
            raise UnsafeName(f"the refspec {shown(spec)} is refused: {problem}")
    return spec
