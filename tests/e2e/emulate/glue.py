"""An emulator of GitHub that nobody here wrote (npm `emulate`), with git behind it.

emulate keeps users, pull requests, comments, check runs and branch protection, and decides who may
merge. What it lacks is added here, and no more:

- git over HTTP, on a bare repository; pushed commits are told to emulate through its Git Data API
  (its ids are git's), merges that it allows are made in git;
- commit statuses: each becomes a check run, which is what its branch protection looks at;
- reactions; the list of all comments; the head of a pull request after a push.
"""

import base64
import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.fakes.github.git import Git
from tests.fakes.github.http_backend import body_of, serve

HERE = Path(__file__).parent
COMMAND = HERE / "node_modules/.bin/emulate"
OWNER, NAME = "ada", "strategies"
REPO = f"/repos/{OWNER}/{NAME}"
START_S = 60.0
DATE = "%Y-%m-%dT%H:%M:%SZ"


class Glued:
    """The emulator as a process, its bare repository, and the proxy before both."""

    def __init__(self, folder: Path) -> None:
        if not COMMAND.exists():
            raise RuntimeError(f"{COMMAND} is missing: `make test` installs it (npm ci)")
        self.root = folder / "git"
        self.git = Git.create(self.root / OWNER / f"{NAME}.git")
        self.made: dict[str, str] = {}
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
        self._server.daemon_threads = True
        self._server.glued = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._seed = folder / "seed.json"
        self._seed.write_text(json.dumps(_seed()))
        self._log = folder / "emulate.log"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        probe = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        port = probe.server_address[1]
        probe.server_close()
        self.behind = f"http://127.0.0.1:{port}"
        with self._log.open("wb") as log:
            where = ("--port", str(port), "--base-url", self.url, "--seed", str(self._seed))
            command = [COMMAND, "start", "--service", "github", *where]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"emulate did not start: {self._log.read_text()}")
            time.sleep(0.1)  # why: another process starts; there is a deadline
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return self.ask("GET", REPO)[0] == 200
        except OSError:
            return False

    def ask(self, verb: str, path: str, body: Any = None, login: str = OWNER) -> tuple[int, Any]:
        """A request to the emulator itself."""
        headers = {"Authorization": f"token {token(login)}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.behind + path, data, headers, method=verb)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def told(self, verb: str, path: str, body: Any = None, login: str = OWNER) -> Any:
        """As `ask`; anything but success is an error of the test."""
        status, data = self.ask(verb, path, body, login)
        if status >= 300:
            raise RuntimeError(f"{verb} {path}: {status} {data}")
        return data

    # --- git -> emulate ---

    def push(self, branch: str, sha: str) -> None:
        """Move a branch, in git and in the emulator."""
        with self.lock:
            self.git.move(f"refs/heads/{branch}", sha)
            self.tell(branch)

    def tell(self, branch: str) -> None:
        """Tell the emulator where a branch is in git; rules for direct pushes are not its part."""
        ref = f"refs/heads/{branch}"
        sha = self.git.tip(ref)
        if not sha:
            return
        self._import(sha)
        known = self.ask("GET", f"{REPO}/git/ref/heads/{branch}")[0] == 200
        if known:
            self.told("PATCH", f"{REPO}/git/{ref}", {"sha": sha, "force": True})
        else:
            self.told("POST", f"{REPO}/git/refs", {"ref": ref, "sha": sha})

    def _import(self, sha: str) -> None:
        if self.ask("GET", f"{REPO}/git/commits/{sha}")[0] == 200:
            return
        head, _, message = self.git.run("cat-file", "commit", sha).partition("\n\n")
        parents = re.findall(r"^parent (\w+)", head, re.MULTILINE)
        for parent in parents:
            self._import(parent)
        people = {
            who: {"name": name, "email": mail, "date": time.strftime(DATE, time.gmtime(int(at)))}
            for who, name, mail, at in re.findall(
                r"^(author|committer) (.*) <(.*)> (\d+)", head, re.MULTILINE
            )
        }
        tree = {"tree": self._tree(sha), "parents": parents, "message": message}
        made = self.told("POST", f"{REPO}/git/commits", {**tree, **people})["sha"]
        if made != sha:
            raise RuntimeError(f"emulate hashed {sha} as {made}")

    def _tree(self, sha: str) -> str:
        entries = []
        for line in self.git.run("ls-tree", "-r", sha).splitlines():
            mode, kind, blob, path = re.split(r"[ \t]", line, maxsplit=3)
            raw = subprocess.run(
                ["git", "--git-dir", self.git.path, "cat-file", "blob", blob],
                capture_output=True,
                check=True,
            ).stdout
            content = {"content": base64.b64encode(raw).decode(), "encoding": "base64"}
            self.told("POST", f"{REPO}/git/blobs", content)
            entries.append({"path": path, "mode": mode, "type": kind, "sha": blob})
        return str(self.told("POST", f"{REPO}/git/trees", {"tree": entries})["sha"])

    # --- emulate -> git ---

    def merge(self, number: str, body: Any, login: str) -> tuple[int, Any]:
        """The emulator says whether; git makes the commit. The head's guard is GitHub's (409)."""
        with self.lock:
            pull = self.told("GET", f"{REPO}/pulls/{number}")
            head = self.git.tip(f"refs/heads/{pull['head']['ref']}")
            if body.get("sha") not in {None, head}:
                return 409, {"message": "Head branch was modified. Review and try the merge again."}
            asked = {key: value for key, value in body.items() if key != "sha"}
            status, data = self.ask("PUT", f"{REPO}/pulls/{number}/merge", asked, login)
            if status != 200:
                return status, data
            base = pull["base"]["ref"]
            tip = self.git.tip(f"refs/heads/{base}")
            parents = (tip, head) if body.get("merge_method", "merge") == "merge" else (tip,)
            message = f"{body.get('commit_title', 'Merge')}\n\n{body.get('commit_message', '')}"
            tree = self.git.merge_tree(tip, head)
            real = self.git.commit_tree(tree, *parents, message=message.strip())
            self.git.move(f"refs/heads/{base}", real)
            self.made[data["sha"]] = real
            return 200, {**data, "sha": real}

    def comments(self) -> list[Any]:
        """All comments: the emulator's own list is hidden behind its route for one issue."""
        pulls = self.told("GET", f"{REPO}/pulls?state=all")
        said = (self.told("GET", f"{REPO}/issues/{p['number']}/comments") for p in pulls)
        return self.seen([comment for some in said for comment in some])

    def stale_heads(self, sha: str) -> set[str]:
        """Where the emulator believes pull requests to be whose branch was pushed to `sha`."""
        pulls = self.told("GET", f"{REPO}/pulls?state=open")
        tips = self.git.branches()
        heads = (p["head"] for p in pulls)
        return {h["sha"] for h in heads if tips.get(f"refs/heads/{h['ref']}") == sha}

    def seen(self, data: Any) -> Any:
        """An answer about pull requests with git's own ids: the heads as they are now."""
        if isinstance(data, list):
            return [self.seen(item) for item in data]
        if isinstance(data, dict) and "issue_url" in data:
            data["updated_at"] = data["created_at"]  # it changes by itself, for a millisecond
        if isinstance(data, dict) and "merge_commit_sha" in data:
            data["merge_commit_sha"] = self.made.get(data["merge_commit_sha"])
            tip = self.git.tip(f"refs/heads/{data['head']['ref']}")
            data["head"]["sha"] = tip or data["head"]["sha"]
        return data


def token(login: str) -> str:
    return f"token_{login}"


def _seed() -> dict[str, Any]:
    users = [OWNER, "bot", "zoe", "stranger"]
    return {
        "tokens": {token(u): {"login": u, "scopes": ["repo", "user"]} for u in users},
        "github": {
            "users": [{"login": user} for user in users],
            "repos": [{"owner": OWNER, "name": NAME}],
        },
    }


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        glued: Glued = self.server.glued  # type: ignore[attr-defined]
        body, parts = body_of(self), urlsplit(self.path)
        if parts.path.startswith("/git/"):
            path = parts.path.removeprefix("/git")
            sent = serve(self, glued.root, path, parts.query, body, "bot")
            if self.command == "POST" and path.endswith("git-receive-pack"):
                for ref in glued.git.branches():
                    glued.tell(ref.removeprefix("refs/heads/"))
            self._send(*sent)
            return
        status, data = self._rest(glued, parts.path, json.loads(body) if body else None)
        content = b"" if data is None else json.dumps(data).encode()
        self._send(status, content, {"Content-Type": "application/json"})

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815  # names that http.server asks for

    def _rest(self, glued: Glued, path: str, body: Any) -> tuple[int, Any]:
        login = self.headers.get("Authorization", "").rpartition("token_")[2]
        if found := re.fullmatch(rf"{REPO}/pulls/(\d+)/merge", path):
            return glued.merge(found[1], body or {}, login)
        if found := re.fullmatch(rf"{REPO}/statuses/(\w+)", path):
            done = {"success": "success", "failure": "failure", "error": "failure"}
            ended = done.get(body["state"])
            run = {"name": body["context"], "head_sha": found[1], "status": "in_progress"}
            if ended:
                run |= {"status": "completed", "conclusion": ended}
            for head in {found[1], *glued.stale_heads(found[1])}:
                glued.told("POST", f"{REPO}/check-runs", {**run, "head_sha": head}, login)
            return 201, {"state": body["state"], "context": body["context"]}
        if self.command == "POST" and path.endswith("/reactions"):
            return 201, {"id": 1, "content": body["content"]}
        if path == f"{REPO}/issues/comments":
            return 200, glued.comments()
        status, data = glued.ask(self.command, self.path, body, login)
        if path == REPO and status == 200:
            data["clone_url"] = f"{glued.url}/git/{OWNER}/{NAME}.git"
        if self.command == "DELETE" and "/git/refs/heads/" in path and status == 204:
            glued.git.move(f"refs/heads/{path.partition('/git/refs/heads/')[2]}", None)
        return status, glued.seen(data)

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
