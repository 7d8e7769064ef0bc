"""The fake's REST routes: (who, request) -> (status, JSON). Every answer follows the description."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.github.description import complete
from tests.fakes.github.state import Delivery, Mark, Pull, Repo, Said, State
from tests.fakes.github.views import Views

Result = tuple[int, Any]
ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Result]]] = []


@dataclass(frozen=True)
class Asker:
    """Who asks: a user's login, or an App (and then perhaps one of its installations)."""

    login: str
    app_id: int | None = None
    as_app: bool = False


@dataclass(frozen=True)
class Ask:
    who: Asker
    query: dict[str, str]
    body: Any


class Api:
    def __init__(self, state: State, views: Views) -> None:
        self.state = state
        self.views = views
        self.redeliver: Callable[[Repo | None, int], bool] = lambda *_: False

    def answer(self, verb: str, path: str, ask: Ask) -> Result:
        for method, pattern, handler in ROUTES:
            match = pattern.fullmatch(path)
            if match and method == verb:
                return self._handled(handler, match, ask)
        return 404, {"message": "Not Found"}

    def _handled(self, handler: Callable[..., Result], match: re.Match[str], ask: Ask) -> Result:
        found = match.groupdict()
        if "repo" not in found:
            return handler(self, ask, **found)
        repo = self.state.repos.get(found.pop("repo"))
        if repo is None:
            return 404, {"message": "Not Found"}
        with self.state.lock:
            return handler(self, ask, repo, **found)


def route(verb: str, pattern: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    text = pattern.replace("{repo}", r"/repos/(?P<repo>[^/]+/[^/]+)")

    def register(handler: Callable[..., Result]) -> Callable[..., Result]:
        ROUTES.append((verb, re.compile(text), handler))
        return handler

    return register


def missing(what: str = "Not Found") -> Result:
    return 404, {"message": what}


def may_write(repo: Repo, ask: Ask) -> bool:
    return ask.who.app_id is not None or repo.collaborators.get(ask.who.login) in {"write", "admin"}


FORBIDDEN = 403, {"message": "Resource not accessible by personal access token"}


@route("GET", "/user")
def user(api: Api, ask: Ask) -> Result:
    return 200, api.views.me(ask.who.login)


@route("GET", "{repo}")
def repository(api: Api, ask: Ask, repo: Repo) -> Result:
    return 200, api.views.repo(repo, reader=ask.who.login)


@route("GET", "{repo}/pulls")
def pulls(api: Api, ask: Ask, repo: Repo) -> Result:
    state, base, head = ask.query.get("state", "open"), ask.query.get("base"), ask.query.get("head")
    found = [
        p
        for p in sorted(repo.pulls.values(), key=lambda p: -p.number)
        if state in {"all", p.state}
        and base in {None, p.base_ref}
        and head in {None, f"{p.head_repo.partition('/')[0]}:{p.head_ref}"}
    ]
    return 200, [api.views.pull(repo, p, "pull-request-simple") for p in found]


@route("POST", "{repo}/pulls")
def open_pull(api: Api, ask: Ask, repo: Repo) -> Result:
    body = ask.body
    if not repo.git.tip(f"refs/heads/{body['head']}"):
        return 422, {"message": "Validation Failed", "errors": [{"message": "head is invalid"}]}
    pull = api.state.open_pull(
        repo,
        body["head"],
        ask.who.login,
        title=body["title"],
        body=body.get("body", ""),
        base=body["base"],
    )
    return 201, api.views.pull(repo, pull)


@route("GET", r"{repo}/pulls/(?P<number>\d+)")
def pull(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    found = repo.pulls.get(int(number))
    return (200, api.views.pull(repo, found)) if found else missing()


@route("GET", r"{repo}/pulls/(?P<number>\d+)/reviews")
def reviews(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    found = repo.pulls.get(int(number))
    return (200, [api.views.review(r) for r in found.reviews]) if found else missing()


@route("POST", r"{repo}/pulls/(?P<number>\d+)/reviews")
def new_review(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    found = repo.pulls[int(number)]
    for said in ask.body.get("comments", ()):
        shown = _shown_lines(repo, found, said["path"])
        if not {said["line"], said.get("start_line", said["line"])} <= shown:
            return 422, {
                "message": "Unprocessable Entity",
                "errors": ["Line could not be resolved"],
                "documentation_url": "https://docs.github.com/rest/pulls/reviews",
            }
    made = api.state.review(found, ask.who.login, "COMMENTED", ask.body["body"])
    made["comments"] = ask.body.get("comments", [])
    return 200, api.views.review(made)


@route("GET", r"{repo}/pulls/(?P<number>\d+)/files")
def files_of_pull(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    found = repo.pulls[int(number)]
    spans = f"{found.base_ref}...{found.head_sha}"
    names = repo.git.run("diff", "--name-only", spans).splitlines()
    known = ({"filename": n, "patch": _patch(repo, found, n), "status": "modified"} for n in names)
    return 200, [complete("diff-entry", entry) for entry in known]


def _patch(repo: Repo, pull: Pull, path: str) -> str:
    text = repo.git.run("diff", f"{pull.base_ref}...{pull.head_sha}", "--", path)
    return text[text.index("@@") :] if "@@" in text else ""


def _shown_lines(repo: Repo, pull: Pull, path: str) -> set[int]:
    shown: set[int] = set()
    number = 0
    for row in _patch(repo, pull, path).split("\n"):
        if row.startswith("@@"):
            number = int(row.split("+")[1].split(",")[0].split(" ")[0])
        elif row[:1] in {" ", "+"}:
            shown.add(number)
            number += 1
    return shown


@route("PATCH", r"{repo}/pulls/(?P<number>\d+)")
def change_pull(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    found = repo.pulls.get(int(number))
    if found is None:
        return missing()
    if ask.body.get("state") == "closed":
        api.state.close(repo, found, ask.who.login)
    return 200, api.views.pull(repo, found)


@route("DELETE", r"{repo}/git/refs/heads/(?P<branch>.+)")
def delete_branch(api: Api, ask: Ask, repo: Repo, branch: str) -> Result:
    if not repo.git.tip(f"refs/heads/{branch}"):
        return 422, {"message": "Reference does not exist"}
    api.state.push(repo, f"refs/heads/{branch}", None, ask.who.login)
    return 204, None


@route("PUT", r"{repo}/pulls/(?P<number>\d+)/merge")
def merge(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    found = repo.pulls.get(int(number))
    if found is None:
        return missing()
    if not may_write(repo, ask):
        return FORBIDDEN
    body = ask.body
    message = f"{body.get('commit_title', 'Merge')}\n\n{body.get('commit_message', '')}".strip()
    status, said = api.state.merge(
        repo,
        found,
        body.get("sha", ""),
        message,
        ask.who.login,
        body.get("merge_method", "merge"),
    )
    if status != 200:
        return status, {"message": said}
    return 200, {"sha": said, "merged": True, "message": "Pull Request successfully merged"}


@route("POST", r"{repo}/statuses/(?P<sha>\w+)")
def status(api: Api, ask: Ask, repo: Repo, sha: str) -> Result:
    if not may_write(repo, ask):
        return FORBIDDEN
    if not repo.git.has(sha):
        return 422, {"message": f"No commit found for SHA: {sha}"}
    body = ask.body
    if len(body.get("description") or "") > 140:
        return 422, {"message": "Validation Failed", "errors": ["description is too long"]}
    mark = Mark(
        sha,
        body["context"],
        body["state"],
        body.get("description", ""),
        body.get("target_url", ""),
        ask.who.login,
    )
    repo.marks.append(mark)
    return 201, _status(api, mark)


@route("GET", r"{repo}/commits/(?P<sha>\w+)/statuses")
def statuses(api: Api, ask: Ask, repo: Repo, sha: str) -> Result:
    return 200, [_status(api, m) for m in reversed(repo.marks) if m.sha == sha]


def _status(api: Api, mark: Mark) -> dict[str, Any]:
    known = {"state": mark.state, "context": mark.context, "description": mark.description}
    return complete("status", {**known, "creator": api.views.user(mark.by)})


@route("POST", "{repo}/check-runs")
def new_check(api: Api, ask: Ask, repo: Repo) -> Result:
    if ask.who.app_id is None:
        return 403, {"message": "You must authenticate via a GitHub App."}
    if not repo.git.has(ask.body["head_sha"]):
        return 422, {"message": f"No commit found for SHA: {ask.body['head_sha']}"}
    run = {"id": next(api.state.ids), "status": "queued", "conclusion": None, "annotations": []}
    repo.check_runs[run["id"]] = run
    return _update_check(api, repo, run, ask.body, 201)


@route("PATCH", r"{repo}/check-runs/(?P<run>\d+)")
def change_check(api: Api, ask: Ask, repo: Repo, run: str) -> Result:
    found = repo.check_runs.get(int(run))
    return _update_check(api, repo, found, ask.body, 200) if found else missing()


def _update_check(api: Api, repo: Repo, run: dict[str, Any], body: Any, code: int) -> Result:
    notes = (body.get("output") or {}).get("annotations") or []
    if len(notes) > 50:
        return 422, {"message": "Invalid request.\n\nNo more than 50 items are allowed"}
    run["annotations"] += notes
    run |= {k: v for k, v in body.items() if k != "annotations"}
    return code, api.views.check_run(repo, run)


@route("GET", r"{repo}/commits/(?P<sha>\w+)/check-runs")
def checks(api: Api, ask: Ask, repo: Repo, sha: str) -> Result:
    name = ask.query.get("check_name")
    found = [
        api.views.check_run(repo, r)
        for r in reversed(repo.check_runs.values())
        if r["head_sha"] == sha and name in {None, r["name"]}
    ][:1]
    return 200, {"total_count": len(found), "check_runs": found}


@route("GET", "{repo}/issues")
def issues(api: Api, ask: Ask, repo: Repo) -> Result:
    state, creator = ask.query.get("state", "open"), ask.query.get("creator")
    found = [
        i
        for i in sorted(repo.issues.values(), key=lambda i: -i.number)
        if state in {"all", i.state} and creator in {None, i.author}
    ]
    return 200, [api.views.issue(repo, i) for i in found]


@route("POST", "{repo}/issues")
def new_issue(api: Api, ask: Ask, repo: Repo) -> Result:
    if not repo.has_issues:
        return 410, {"message": "Issues has been disabled in this repository."}
    body = ask.body
    made = api.state.open_issue(repo, body["title"], body["body"], ask.who.login, ask.who.app_id)
    return 201, api.views.issue(repo, made)


@route("PATCH", r"{repo}/issues/(?P<number>\d+)")
def change_issue(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    found = repo.issues.get(int(number))
    if found is None:
        return 410, {"message": "This issue was deleted"}
    if len(ask.body["body"]) > 65_535:
        return 422, {"message": "Validation Failed"}
    found.body = ask.body["body"]
    return 200, api.views.issue(repo, found)


@route("GET", "{repo}/issues/comments")
def all_comments(api: Api, ask: Ask, repo: Repo) -> Result:
    since = ask.query.get("since", "")
    found = sorted(
        (c for c in repo.comments.values() if c.updated_at >= since),
        key=lambda c: (c.updated_at, c.id),
    )
    return 200, [api.views.comment(repo, c) for c in found]


@route("GET", r"{repo}/rules/branches/(?P<branch>.+)")
def rules(api: Api, ask: Ask, repo: Repo, branch: str) -> Result:
    whose = {"ruleset_source_type": "Repository", "ruleset_source": repo.full_name, "ruleset_id": 1}
    known = {"required_linear_history": {}, "merge_queue": {}}
    return 200, [{"type": kind, **known[kind], **whose} for kind in repo.rules]


@route("GET", "{repo}/pulls/comments")
def all_line_comments(api: Api, ask: Ask, repo: Repo) -> Result:
    since = ask.query.get("since", "")
    found = [c for c in repo.line_comments.values() if c.updated_at >= since]
    return 200, [api.views.line_comment(repo, c) for c in found]


@route("POST", r"{repo}/pulls/comments/(?P<comment>\d+)/reactions")
def react_on_a_line(api: Api, ask: Ask, repo: Repo, comment: str) -> Result:
    return _react(api, ask, repo.line_comments.get(int(comment)))


@route("PATCH", r"{repo}/issues/comments/(?P<comment>\d+)")
def edit_comment(api: Api, ask: Ask, repo: Repo, comment: str) -> Result:
    found = repo.comments.get(int(comment))
    if found is None:
        return missing()
    if len(ask.body["body"]) > 65_535:
        return 422, {
            "message": "Validation Failed",
            "errors": ["body is too long (maximum is 65536 characters)"],
        }
    api.state.edit_comment(repo, found, ask.body["body"], ask.who.login)
    return 200, api.views.comment(repo, found)


@route("GET", r"{repo}/issues/(?P<number>\d+)/comments")
def comments(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    found = [c for c in repo.comments.values() if c.number == int(number)]
    return 200, [api.views.comment(repo, c) for c in found]


@route("POST", r"{repo}/issues/(?P<number>\d+)/comments")
def new_comment(api: Api, ask: Ask, repo: Repo, number: str) -> Result:
    if int(number) not in {*repo.pulls, *repo.issues}:
        return missing()
    if len(ask.body["body"]) > 65_535:
        return 422, {
            "message": "Validation Failed",
            "errors": ["body is too long (maximum is 65536 characters)"],
        }
    made = api.state.comment(repo, int(number), ask.body["body"], ask.who.login, ask.who.app_id)
    return 201, api.views.comment(repo, made)


@route("POST", r"{repo}/issues/comments/(?P<comment>\d+)/reactions")
def react(api: Api, ask: Ask, repo: Repo, comment: str) -> Result:
    return _react(api, ask, repo.comments.get(int(comment)))


def _react(api: Api, ask: Ask, found: Said | None) -> Result:
    if found is None:
        return missing()
    mine = (ask.who.login, ask.body["content"])
    status = 200 if mine in found.reactions else 201
    if status == 201:
        found.reactions.append(mine)
    known = {
        "id": next(api.state.ids),
        "content": ask.body["content"],
        "user": api.views.user(ask.who.login),
    }
    return status, complete("reaction", known)


@route("GET", r"{repo}/collaborators/(?P<login>[^/]+)/permission")
def permission(api: Api, ask: Ask, repo: Repo, login: str) -> Result:
    level = repo.collaborators.get(login, "read" if login == "stranger" else "none")
    word = {"maintain": "write", "triage": "read"}.get(level, level)
    known = {"permission": word, "role_name": level, "user": None}
    return 200, complete("repository-collaborator-permission", known)


@route("GET", r"{repo}/git/ref/(?P<ref>.+)")
def ref(api: Api, ask: Ask, repo: Repo, ref: str) -> Result:
    name = f"refs/{ref}"
    if ref.startswith("heads/"):
        sha = repo.git.tip(name)
    else:
        sha = repo.git.run("rev-parse", "--verify", "--quiet", name, ok=(0, 1, 128))
    return (200, _ref(repo, name, sha)) if sha else missing()


@route("POST", "{repo}/git/refs")
def new_ref(api: Api, ask: Ask, repo: Repo) -> Result:
    name, sha = ask.body["ref"], ask.body["sha"]
    if repo.git.run("rev-parse", "--verify", "--quiet", name, ok=(0, 1, 128)):
        return 422, {"message": "Reference already exists"}
    repo.git.move(name, sha)
    api.state.sync(repo, ask.who.login)
    return 201, _ref(repo, name, sha)


def _ref(repo: Repo, name: str, sha: str) -> dict[str, Any]:
    kind = "commit" if name.startswith("refs/heads/") else repo.git.run("cat-file", "-t", sha)
    target = {"type": kind, "sha": sha, "url": "https://example.test/object"}
    return complete("git-ref", {"ref": name, "object": target})


@route("POST", "{repo}/git/tags")
def new_tag(api: Api, ask: Ask, repo: Repo) -> Result:
    body = ask.body
    text = f"object {body['object']}\ntype {body['type']}\ntag {body['tag']}\ntagger Bot <bot@example.test> 1 +0000\n\n{body['message']}\n"
    sha = repo.git.run("mktag", stdin=text.encode())
    return 201, _tag(sha, body["tag"], body["object"], body["message"])


@route("GET", r"{repo}/git/tags/(?P<sha>\w+)")
def tag(api: Api, ask: Ask, repo: Repo, sha: str) -> Result:
    head = repo.git.run("cat-file", "tag", sha, ok=(0, 128))
    if not head:
        return missing()
    fields = dict(line.split(" ", 1) for line in head.split("\n\n")[0].splitlines())
    return 200, _tag(sha, fields["tag"], fields["object"], head.split("\n\n", 1)[1])


def _tag(sha: str, name: str, target: str, message: str) -> dict[str, Any]:
    found = {"sha": target, "type": "commit", "url": "https://example.test/object"}
    return complete("git-tag", {"sha": sha, "tag": name, "message": message, "object": found})


@route("GET", "{repo}/hooks")
def hooks(api: Api, ask: Ask, repo: Repo) -> Result:
    if repo.collaborators.get(ask.who.login) != "admin":
        return missing()
    return 200, [api.views.hook(repo, h) for h in repo.hooks]


@route("GET", r"{repo}/hooks/(?P<hook>\d+)/deliveries")
def deliveries(api: Api, ask: Ask, repo: Repo, hook: str) -> Result:
    found = [d for h in repo.hooks if h.id == int(hook) for d in h.deliveries]
    return 200, _attempted(api, found)


@route("POST", r"{repo}/hooks/(?P<hook>\d+)/deliveries/(?P<delivery>\d+)/attempts")
def again(api: Api, ask: Ask, repo: Repo, hook: str, delivery: str) -> Result:
    return (202, {}) if api.redeliver(repo, int(delivery)) else missing()


@route("GET", "/app/hook/deliveries")
def app_deliveries(api: Api, ask: Ask) -> Result:
    if not ask.who.as_app:
        return 401, {"message": "A JSON web token could not be decoded"}
    found = [d for r in api.state.repos.values() for h in r.hooks for d in h.deliveries]
    return 200, _attempted(api, found)


@route("POST", r"/app/hook/deliveries/(?P<delivery>\d+)/attempts")
def app_again(api: Api, ask: Ask, delivery: str) -> Result:
    if not ask.who.as_app:
        return 401, {"message": "A JSON web token could not be decoded"}
    return (202, {}) if api.redeliver(None, int(delivery)) else missing()


def _attempted(api: Api, found: list[Delivery]) -> list[dict[str, Any]]:
    """The newest first; what is still under way has no status yet and is not listed."""
    return [api.views.delivery(d) for d in reversed(found) if d.status]


@route("GET", r"/app/installations/(?P<number>\d+)")
def installation(api: Api, ask: Ask, number: str) -> Result:
    if not ask.who.as_app:
        return 401, {"message": "A JSON web token could not be decoded"}
    given = {"contents": "write", "pull_requests": "write", "issues": "read", "metadata": "read"}
    known = {
        "id": int(number),
        "app_id": ask.who.app_id,
        "permissions": given,
        "account": api.views.user("acme"),
    }
    return 200, complete("installation", known)
