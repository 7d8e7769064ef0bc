"""Git notes: what the bot says about a commit, where `git log --notes` shows it."""

from components.errors import Moved, TransientError
from components.git_patch.repository import Repository
from components.git_patch.values import Update
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
    blob = repository.write_blob(text.encode(errors="replace")[:NOTE_BYTES])
    for _ in range(_TRIES):
        old = repository.resolve(ref)
        new = _noted(repository, ref, old, commit, blob)
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
        return repository.git.run("rev-parse", "--verify", ref, env=env).text
