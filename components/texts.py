"""Text from outside, made harmless and short before anybody is shown it: the one place for that.

From outside comes whatever an author, a guest, a git object or another program wrote. A terminal
obeys some characters, a CI runner some lines, a reader is deceived by others (bidirectional marks,
zero widths), and some cannot be encoded (lone surrogates).
"""

import re
import unicodedata

MARK = "\N{REPLACEMENT CHARACTER}"
_COMMAND = re.compile(r"(?m)^((?:\s|\x1b\[[0-9;]*m)*):(?=:)|#(?=#\[)")
_HOST_PATH = re.compile(r"(?<![\w:/.])(?:/[\w.+@-]+)+/([\w.+@-]+)")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str, *, lines: bool = False) -> str:
    """`text` without control, format (bidirectional too) and lone surrogate characters.

    Args:
        text: anything.
        lines: keep line feeds; otherwise all white space becomes single spaces.
    """
    if lines:
        flat = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
        return "".join(c for c in flat if c == "\n" or _is_seen(c))
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join("".join(c if _is_seen(c) else " " for c in text).split())


def harmless(text: str, *, keep: str = "\n\t") -> str:
    """`text` with a mark for each such character that is not in `keep`: as long as before."""
    if text.isprintable():
        return text
    return "".join(c if c in keep or _is_seen(c) else MARK for c in text)


def inert(text: str) -> str:
    """`text` with a mark where GitHub's runner would read a command in a job's output.

    It obeys lines that begin with `::`, white space before them aside, and `##[` anywhere.
    """
    if "::" not in text and "##[" not in text:
        return text
    return _COMMAND.sub(rf"\1{MARK}", text)


def scrub(text: str) -> str:
    """The text without this machine's folders: of an absolute path, the last name stays."""
    return _HOST_PATH.sub(r"\1", text)


def cut(text: str, cap: int) -> str:
    """`text`, at most `cap` characters long, with an ellipsis where something was cut."""
    return text if len(text) <= cap else f"{text[: cap - 1]}…"


def fence_for(text: str) -> str:
    """A Markdown fence that no line of `text` can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _is_seen(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) not in _UNSEEN


def number_words(value: float) -> str:
    """A small number without an exponent, down to a billionth: 0.000001."""
    return f"{value:.9f}".rstrip("0").rstrip(".")
