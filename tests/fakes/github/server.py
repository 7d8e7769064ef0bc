"""A GitHub on loopback: REST, git over smart HTTP, signed webhooks, limits and injected faults.

with FakeGitHub(tmp_path) as github:
    repo = github.repo("acme/strategies")

`plain` makes it a GitHub of the plainest kind: few fields, no ETags, no rate-limit headers.
"""

import base64
import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import jwt

from tests.fakes.github.api import Api, Ask, Asker
from tests.fakes.github.description import (
    complete,
    problems_of_answer,
    problems_of_request,
)
from tests.fakes.github.graphql import answered
from tests.fakes.github.hooks import Deliverer
from tests.fakes.github.http_backend import body_of, serve
from tests.fakes.github.state import Repo, State, iso
from tests.fakes.github.views import Views

PLAIN_FIELDS = frozenset(
    [
        "id",
        "number",
        "state",
        "title",
        "body",
        "user",
        "login",
        "head",
        "base",
        "ref",
        "sha",
        "merged",
        "merge_commit_sha",
        "created_at",
        "updated_at",
        "issue_url",
        "object",
        "type",
        "permission",
        "full_name",
        "clone_url",
        "message",
        "errors",
    ]
)
NOT_COUNTED = ("/app/installations/",)


@dataclass
class Fault:
    """What happens to the next `times` requests whose `VERB /path` matches, instead of an answer.

    `status` 0 breaks the connection; `after` does so only once the request was carried out.
    """

    match: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    times: int = 1
    after: bool = False


@dataclass(frozen=True)
class Request:
    """One request that came in, as tests count them."""

    verb: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    login: str


class FakeGitHub:
    def __init__(self, root: Path) -> None:
        self.state = State(root / "github")
        self.tokens: dict[str, Asker] = {}
        self.apps: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.problems: list[str] = []
        self.remaining = 5000
        self.limit_reset_s = 3600.0
        self.installation_token_s = 3600.0
        self.page_cap = 100
        self.plain = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.fake = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.views = Views(self.state, self.url)
        self.api = Api(self.state, self.views)
        self.deliverer = Deliverer(self.state, self.views)
        self.state.notify = self.deliverer.notice
        self.api.redeliver = self.deliverer.again
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self.deliverer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.deliverer.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v3"

    def token(self, login: str) -> str:
        made = f"ghp_{login}"
        self.tokens[made] = Asker(login)
        return made

    def app(self, app_id: int, public_key: str) -> None:
        self.apps[str(app_id)] = public_key

    def repo(self, full_name: str, files: dict[str, bytes] | None = None, **levels: str) -> Repo:
        """A repository with a first commit on main and these collaborators."""
        repo = self.state.add_repo(full_name)
        repo.collaborators.update(levels)
        first = repo.git.commit(dict(files or {"README.md": b"strategies\n"}), message="first")
        repo.git.move("refs/heads/main", first)
        repo.known_branches = repo.git.branches()
        return repo

    def branch(
        self, repo: Repo, name: str, files: dict[str, bytes | None], by: str, start: str = ""
    ) -> str:
        """Push one commit to a branch (made from `start`, else its tip, else main)."""
        parent = start or repo.git.tip(f"refs/heads/{name}") or repo.git.tip("refs/heads/main")
        sha = repo.git.commit(files, parent, message=f"change {name}")
        self.state.push(repo, f"refs/heads/{name}", sha, by)
        return sha

    def asked(self, pattern: str = "") -> list[Request]:
        """The requests so far whose `VERB /path` matches; renewing a token is not counted."""
        return [
            r
            for r in list(self.requests)
            if re.search(pattern, f"{r.verb} {r.path}") and not r.path.startswith(NOT_COUNTED)
        ]


def plain(data: Any) -> Any:
    """What a very plain GitHub would say of it: the few fields that nothing works without."""
    if isinstance(data, list):
        return [plain(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {key: plain(value) for key, value in data.items() if key in PLAIN_FIELDS}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815  # names that http.server asks for

    @property
    def fake(self) -> FakeGitHub:
        return self.server.fake  # type: ignore[attr-defined]

    def _serve(self) -> None:
        body = body_of(self)
        path = urlsplit(self.path).path
        try:
            if path.startswith("/git/"):
                self._git(body)
            elif path == "/api/graphql":
                self._graphql(body)
            elif path.startswith("/api/v3/"):
                self._rest(path.removeprefix("/api/v3"), body)
            else:
                self._send(404, b"{}", {})
        except BrokenPipeError:
            self.close_connection = True

    def _rest(self, path: str, raw: bytes) -> None:
        verb, fake = self.command, self.fake
        query = dict(parse_qsl(urlsplit(self.path).query))
        body = json.loads(raw) if raw else None
        fault = next(
            (f for f in fake.faults if f.times and re.search(f.match, f"{verb} {path}")), None
        )
        who = self._asker()
        if fault:
            fault.times -= 1
            if fault.after and who:
                fake.api.answer(verb, unquote(path), Ask(who, query, body))
            self._note(verb, path, query, body, fault.status, who)
            self._fail(fault)
            return
        if who is None:
            self._note(verb, path, query, body, 401, None)
            self._json(401, {"message": "Bad credentials"}, {})
            return
        if fake.remaining <= 0:
            self._note(verb, path, query, body, 403, who)
            self._json(403, {"message": "API rate limit exceeded for user"}, self._limits())
            return
        moved = self._moved(path)
        if moved:  # the method is kept; only for reading GitHub says 301
            self._note(verb, path, query, body, 301 if verb == "GET" else 307, who)
            self._json(301 if verb == "GET" else 307, {"message": "Moved"}, {"Location": moved})
            return
        path = self._by_number(path)
        if path.endswith("/access_tokens"):
            status, data = self._installation_token(path, who)
        else:
            status, data = fake.api.answer(verb, unquote(path), Ask(who, query, body))
        fake.problems += [
            f"request {verb} {path}: {p}" for p in problems_of_request(verb, path, query, body)
        ]
        fake.problems += [
            f"answer {verb} {path}: {p}" for p in problems_of_answer(verb, path, status, data)
        ]
        data, headers = self._page(path, query, data)
        if fake.plain:
            fake.requests.append(Request(verb, path, query, body, status, who.login))
            self._json(status, plain(data), headers)
            return
        self._answer(Request(verb, path, query, body, status, who.login), data, headers)

    def _graphql(self, raw: bytes) -> None:
        """GraphQL knows neither our description nor the quota of REST."""
        who, body = self._asker(), json.loads(raw)
        if who is None:
            self._json(401, {"message": "Bad credentials"}, {})
            return
        data = answered(self.fake.state, who.login, body["query"], body["variables"])
        self._note("POST", "/graphql", {}, body, 200, who)
        self._json(200, data, {"X-RateLimit-Resource": "graphql"})

    def _answer(self, request: Request, data: Any, headers: dict[str, str]) -> None:
        tag = f'"{hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]}"'
        if request.verb == "GET" and request.status == 200:
            headers["ETag"] = tag
            if self.headers.get("If-None-Match") == tag:
                self.fake.requests.append(replace(request, status=304))
                self._send(304, b"", headers | self._limits())
                return
        self.fake.remaining -= 1
        self.fake.requests.append(request)
        self._json(request.status, data, headers | self._limits())

    def _moved(self, path: str) -> str:
        """Where GitHub redirects a request to that names a repository by an old name, or ""."""
        found = re.match(r"/repos/([^/]+/[^/]+)(.*)", path)
        if found is None or found[1] in self.fake.state.repos:
            return ""
        repo = self.fake.state.moved.get(found[1])
        rest = urlsplit(self.path).query
        where = f"{self.fake.api_url}/repositories/{repo.id}{found[2]}" if repo else ""
        return f"{where}?{rest}" if where and rest else where

    def _by_number(self, path: str) -> str:
        found = re.match(r"/repositories/(\d+)(.*)", path)
        for repo in self.fake.state.repos.values():
            if found and repo.id == int(found[1]):
                return f"/repos/{repo.full_name}{found[2]}"
        return path

    def _page(self, path: str, query: dict[str, str], data: Any) -> tuple[Any, dict[str, str]]:
        if not isinstance(data, list):
            return data, {}
        size = min(int(query.get("per_page", "30")), self.fake.page_cap)
        page = int(query.get("page", "1"))
        headers = {}
        if len(data) > page * size:
            rest = "&".join(f"{k}={v}" for k, v in query.items() if k != "page")
            headers["Link"] = f'<{self.fake.api_url}{path}?{rest}&page={page + 1}>; rel="next"'
        return data[(page - 1) * size : page * size], headers

    def _asker(self) -> Asker | None:
        kind, _, secret = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            secret = base64.b64decode(secret).decode().partition(":")[2]
        if secret in self.fake.tokens:
            return self.fake.tokens[secret]
        if kind == "Bearer" and secret.count(".") == 2:
            app_id = jwt.decode(secret, options={"verify_signature": False}).get("iss", "")
            try:
                jwt.decode(secret, self.fake.apps[app_id], algorithms=["RS256"])
            except (KeyError, jwt.InvalidTokenError):
                return None
            return Asker(f"app{app_id}[bot]", int(app_id), as_app=True)
        return None

    def _installation_token(self, path: str, who: Asker) -> tuple[int, Any]:
        if not who.as_app:
            return 401, {"message": "A JSON web token could not be decoded"}
        fake = self.fake
        made = f"ghs_{len(fake.tokens)}"
        fake.tokens[made] = Asker(who.login, who.app_id)
        expires = iso(time.time() + fake.installation_token_s)
        return 201, complete("installation-token", {"token": made, "expires_at": expires})

    def _limits(self) -> dict[str, str]:
        fake = self.fake
        return {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(max(fake.remaining, 0)),
            "X-RateLimit-Reset": str(int(time.time() + fake.limit_reset_s)),
            "X-RateLimit-Resource": "core",
        }

    def _fail(self, fault: Fault) -> None:
        if fault.status == 0:
            self.close_connection = True
            self.connection.close()
            return
        body = {"message": "fault"} if fault.body is None else fault.body
        self._json(fault.status, body, dict(fault.headers))

    def _note(
        self, verb: str, path: str, query: Any, body: Any, status: int, who: Asker | None
    ) -> None:
        login = who.login if who else ""
        self.fake.requests.append(Request(verb, path, query, body, status, login))

    def _json(self, status: int, data: Any, headers: dict[str, str]) -> None:
        content = {"Content-Type": "application/json; charset=utf-8"}
        body = b"" if data is None else json.dumps(data).encode()
        self._send(status, body, content | headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _git(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/git")
        name = re.sub(r"\.git(/.*)?$", "", path.strip("/"))
        state = self.fake.state
        repo = state.repos.get(name) or state.moved.get(name)  # git follows GitHub's redirect
        writes = "git-receive-pack" in self.path
        who = self._asker()
        if repo is None or who is None or (writes and not self._may_push(repo, who)):
            headers = {"WWW-Authenticate": 'Basic realm="GitHub"'} if who is None else {}
            self._send(401 if who is None else 403, b"", headers)
            return
        path = f"/{repo.git.path.relative_to(state.root)}{path.partition('.git')[2]}"
        status, content, headers = serve(self, state.root, path, parts.query, body, who.login)
        if writes and self.command == "POST":
            state.sync(repo, who.login)
        self._send(status, content, headers)

    def _may_push(self, repo: Repo, who: Asker) -> bool:
        return who.app_id is not None or repo.collaborators.get(who.login) in {"write", "admin"}
