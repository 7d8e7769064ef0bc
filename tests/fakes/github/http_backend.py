"""git over smart HTTP, as `git http-backend` speaks it, without two processes a request."""

import gzip
import os
import subprocess
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path


def body_of(handler: BaseHTTPRequestHandler) -> bytes:
    """A request's body, also a chunked one."""
    if handler.headers.get("Transfer-Encoding", "").lower() == "chunked":
        chunks = []
        while size := int(handler.rfile.readline().split(b";")[0], 16):
            chunks.append(handler.rfile.read(size))
            handler.rfile.readline()
        handler.rfile.readline()
        return b"".join(chunks)
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def serve(
    handler: BaseHTTPRequestHandler, root: Path, path: str, query: str, body: bytes, login: str
) -> tuple[int, bytes, dict[str, str]]:
    """(status, content, headers) of a git request for `path` below the folder of repositories."""
    if handler.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    name, _, asked = path.strip("/").partition(".git/")
    service = query.removeprefix("service=") if asked == "info/refs" else asked
    if service not in {"git-upload-pack", "git-receive-pack"}:
        return 403, b"", {}
    folder, protocol = root / f"{name}.git", handler.headers.get("Git-Protocol", "")
    if service != asked:
        kind, content = "advertisement", _advertised(folder, service, protocol, login)
    else:
        kind, content = "result", _asked(folder, service, protocol, login, body)
    return 200, content, {"Content-Type": f"application/x-{service}-{kind}"}


def _advertised(folder: Path, service: str, protocol: str, login: str) -> bytes:
    """What a service says first: with version 2 what it can do, which never changes; else refs."""
    if protocol == "version=2":
        return _abilities(folder)
    line = f"# service={service}\n"
    refs = _asked(folder, service, protocol, login, b"", "--http-backend-info-refs")
    return f"{len(line) + 4:04x}{line}0000".encode() + refs


@cache
def _abilities(folder: Path) -> bytes:
    words = (b"", "--http-backend-info-refs")
    return _asked(folder, "git-upload-pack", "version=2", "", *words)


def _asked(
    folder: Path, service: str, protocol: str, login: str, body: bytes, *words: str
) -> bytes:
    env = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "REMOTE_USER": login,
        "GIT_PROTOCOL": protocol,
    }
    command = ["git", service.removeprefix("git-"), "--stateless-rpc", *words, folder]
    return subprocess.run(command, input=body, capture_output=True, env=env, check=False).stdout
