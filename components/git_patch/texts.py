"""Names, dates and messages of commits and tags, made of text that may come from anybody."""

import time

from components.git_patch.values import Identity
from components.texts import harmless

NAME_CHARS = 200


def identities(author: Identity, committer: Identity, when: int | None) -> dict[str, str]:
    """The environment that tells git who commits; `when` in Unix seconds, None is now."""
    date = f"@{_date(when)}"
    return {
        "GIT_AUTHOR_NAME": _name(author),
        "GIT_AUTHOR_EMAIL": _clean(author.email),
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": _name(committer),
        "GIT_COMMITTER_EMAIL": _clean(committer.email),
        "GIT_COMMITTER_DATE": date,
    }


def tag_header(name: str, commit: str, tagger: Identity, when: int | None) -> bytes:
    """The head of an annotated tag object, with the empty line after it."""
    who = signed_off(tagger, when)
    return f"object {commit}\ntype commit\ntag {name}\ntagger {who}\n\n".encode()


def signed_off(identity: Identity, when: int | None = None) -> str:
    """Who and when, as a line of an object has it; `when` in Unix seconds, None is now."""
    return f"{_name(identity)} <{_clean(identity.email)}> {_date(when)}"


def _date(when: int | None) -> str:
    return f"{int(time.time()) if when is None else when} +0000"


def _name(identity: Identity) -> str:
    return _clean(identity.name) or "unknown"


def _clean(text: str) -> str:
    # git strips these at both ends itself; a name of nothing else would be an error.
    kept = "".join(c for c in text if c.isprintable() and c not in "<>")
    return kept.strip(" .,:;\"'")[:NAME_CHARS]


def message_bytes(text: str) -> bytes:
    """A message as git stores it: no NUL, one newline at its end."""
    plain = harmless(text.replace("\0", ""))
    return plain.strip("\n").encode(errors="replace") + b"\n"
