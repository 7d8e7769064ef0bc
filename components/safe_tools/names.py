"""Names from outside (paths, refs, object ids): judged here, once, before anything uses them."""

import re
import unicodedata

from components.errors import UserError

OBJECT_ID = re.compile(r"[0-9a-f]{40}")
SHORT_ID = re.compile(r"[0-9a-f]{7,39}")
REVISION_SUFFIX = re.compile(r"((?:~\d{0,4}|\^\d?){1,8})$")
NAME_BYTES = 255
PATH_BYTES = 1024
REF_PART_BYTES = 250
"""git keeps a ref as a file of its name, and writes it as that name with `.lock`."""

# What `git check-ref-format` refuses, plus all control characters.
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(?:/|$)|(?:^|/)\.|\.$|/$|^/|^@$")
# NTFS and HFS+ spellings under which other systems find the same folder.
_GIT_FOLDER = re.compile(r"(?i)(?:\.git|git~\d+)[ .]*(?::.*)?")


class UnsafeName(UserError):
    """A path, ref or id that is refused; the message says why."""


def object_id(text: str) -> str:
    """The same 40 hexadecimal digits. Raises UnsafeName for anything else."""
    if not OBJECT_ID.fullmatch(text):
        raise UnsafeName(
            f"{shown(text)} is not a full commit or object id",
            hint="give all 40 hexadecimal digits",
        )
    return text


def ref_name(text: str) -> str:
    """The same full ref (`refs/...`) or HEAD. Raises UnsafeName where git's own rules refuse it."""
    problem = ref_problem(text)
    if problem:
        raise UnsafeName(f"{shown(text)} is not a usable ref: {problem}")
    return text


def ref_problem(text: str) -> str:  # noqa: PLR0911  # one line a rule reads best
    """Why a text cannot be used as a full ref, or an empty string."""
    if text == "HEAD":
        return ""
    if not text.startswith("refs/") or text.count("/") < 2:  # noqa: PLR2004  # refs/<kind>/<name>
        return "it must be HEAD or start with refs/heads/, refs/tags/ or another refs/ folder"
    if _BAD_REF.search(text):
        return "git does not allow one of its characters or sequences"
    if not _is_text(text):
        return "it is not valid UTF-8"
    if len(text.encode()) > PATH_BYTES:
        return f"it is longer than {PATH_BYTES} bytes"
    if any(len(part.encode()) > REF_PART_BYTES for part in text.split("/")):
        return f"a part of it is longer than {REF_PART_BYTES} bytes"
    return ""


def safe_relative_path(text: str) -> str:
    """The same path, if every part of it is safe inside a folder; separator `/`.

    Raises:
        UnsafeName: absolute, empty, traversing, or with an odd name (see `name_problem`).
    """
    if len(text.encode(errors="surrogatepass")) > PATH_BYTES:
        raise UnsafeName(f"the path {shown(text)} is longer than {PATH_BYTES} bytes")
    if text.startswith("/"):
        raise UnsafeName("an absolute path is refused", hint="name one inside of the folder")
    for part in text.split("/"):
        problem = name_problem(part)
        if problem:
            raise UnsafeName(f"the path {shown(text)} is refused: {problem}")
    return text


def name_problem(name: str) -> str:  # noqa: PLR0911  # one line a rule reads best
    """Why one file or folder name is refused, or an empty string."""
    if name in ("", ".", ".."):
        return "empty names, `.` and `..` are not allowed"
    if not _is_text(name):
        return "a name must be valid UTF-8"
    if len(name.encode()) > NAME_BYTES:
        return f"a name may have at most {NAME_BYTES} bytes"
    if name.startswith("-"):
        return "a name must not start with `-`, where it reads as an option"
    if name != name.strip() or name.endswith("."):
        return "a name must not start or end with a space, nor end with a dot"
    if "/" in name or "\\" in name or not name.isprintable():
        return "slashes, control characters and invisible characters are not allowed"
    if unicodedata.normalize("NFC", name) != name:
        return "a name must be in Unicode's composed form (NFC)"
    if _GIT_FOLDER.fullmatch(name):
        return "names of git's own folder are not allowed"
    return ""


def twin_key(name: str) -> str:
    """Equal for names that some file systems cannot tell apart (case, compatibility forms)."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def shown(text: str, limit: int = 120) -> str:
    """A hostile text for a message: quoted, escaped, cut at `limit` characters."""
    return f"'{escaped(text, limit)}'"


def escaped(text: str, limit: int = PATH_BYTES) -> str:
    """A hostile text in printable characters; can always be encoded, stored and logged."""
    cut = text if len(text) <= limit else text[:limit] + "..."
    if cut.isprintable():
        return cut
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut
    )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
