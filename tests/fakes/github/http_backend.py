"""git over smart HTTP: `git http-backend` behind Python's HTTP server."""

import gzip
import os
import subprocess
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
    env = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": handler.command,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_USER": login,
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
    }
    done = subprocess.run(
        ["git", "http-backend"], input=body, capture_output=True, env=env, check=False
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    status = int(headers.pop("Status", "200").split(" ")[0])
    headers.pop("Content-Length", None)
    return status, content, headers
