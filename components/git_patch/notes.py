"""Git notes: what the bot says about a commit, where `git log --notes` shows it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from components.errors import Moved, TransientError
from components.git_patch.repository import Repository
from components.git_patch.texts import signed_off
from components.git_patch.values import Update
from components.git_patch.writing import BOT
from components.safe_tools.names import object_id, ref_name

NOTE_BYTES = 1024 * 1024
_TRIES = 20


def read_note(repository: Repository, ref: str, commit: str) -> str:
    """The note on a commit, or an empty string."""
    args = ("notes", f"--ref={ref_name(ref)}", "show", object_id(commit))
    output = repository.git.run(*args, ok=(0, 1))
    return output.stdout.decode(errors="replace")


def write_note(repository: Repository, ref: str, commit: str, text: str) -> None:
    """Set the note on a commit; notes that others write at the same time are kept.

    `git notes` itself moves its ref without looking where it was. So the new notes are made in a
    scratch folder, and the ref is moved by compare-and-swap, again where somebody was faster.

    Raises:
        TransientError: others were faster every time.
    """
    blob = repository.write_blob(_bytes(text))
    _move(repository, ref, lambda old: _noted(repository, ref, old, commit, blob))


def write_notes(repository: Repository, ref: str, texts: Mapping[str, str]) -> None:
    """Set the notes on many commits, as `write_note` does on one; one git process makes them all.

    Commits that are not there any more are left out.

    Raises:
        TransientError: others were faster every time.
    """
    headers = {commit: repository.objects.header(object_id(commit)) for commit in texts}
    here = [commit for commit, found in headers.items() if found and found.kind == "commit"]
    made = b"".join(b"N inline %s\n%s" % (c.encode(), _data(_bytes(texts[c]))) for c in here)
    if made:
        _move(repository, ref, lambda old: _imported(repository, ref, old, made))


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")[:NOTE_BYTES]


def _move(repository: Repository, ref: str, make: Callable[[str | None], str]) -> None:
    """Move the ref to what is made on top of where it is."""
    for _ in range(_TRIES):
        old = repository.resolve(ref)
        new = make(old)
        if old and repository.tree_of(new) == repository.tree_of(old):
            return  # it says that already
        try:
            repository.publish((Update(ref, old, new),))
        except Moved:
            continue
        return
    raise TransientError(f"{ref} is changed again and again by other processes")


def _noted(repository: Repository, ref: str, old: str | None, commit: str, blob: str) -> str:
    with repository.scratch({ref: old} if old else {}) as env:
        args = ("notes", f"--ref={ref_name(ref)}", "add", "--force", "-C", blob)
        repository.git.run(*args, object_id(commit), env=env)
        return object_id((Path(env["GIT_DIR"]) / ref).read_text(encoding="ascii").strip())


def _imported(repository: Repository, ref: str, old: str | None, made: bytes) -> str:
    head = f"commit {ref_name(ref)}\nmark :1\ncommitter {signed_off(BOT)}\n".encode()
    since = f"from {object_id(old)}\n".encode() if old else b""
    stream = head + _data(b"Notes") + since + made + b"get-mark :1\ndone\n"
    with repository.scratch({ref: old} if old else {}) as env:
        done = repository.git.run("fast-import", "--quiet", "--done", stdin=stream, env=env)
    return object_id(done.text)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
