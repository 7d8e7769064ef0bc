"""How values are written on pages: numbers, times, states. Pure; the filters of the templates."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from components.schema.results.values import Finding
from components.texts import harmless

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
LARGE = 1000


@dataclass(frozen=True)
class Look:
    """How a state shows: a word, a tone (colour) and an icon."""

    word: str
    tone: str = "quiet"
    icon: str = "dash"


_LOOKS = {
    "discovered": Look("Discovered"),
    "queued": Look("Queued", "busy", "clock"),
    "validating": Look("Validating", "busy", "spin"),
    "testing": Look("Testing", "busy", "spin"),
    "running": Look("Running", "busy", "spin"),
    "waiting": Look("Waiting", "quiet", "clock"),
    "ready": Look("Ready", "good", "check"),
    "failed": Look("Failed", "bad", "cross"),
    "fixing": Look("Fixing", "busy", "clock"),
    "deployed": Look("Deployed", "good", "rocket"),
    "superseded": Look("Superseded"),
    "rolled_back": Look("Rolled back", "warn", "back"),
    "archived": Look("Archived"),
    "held": Look("Held", "warn", "alert"),
    "passed": Look("Passed", "good", "check"),
    "error": Look("Error", "warn", "alert"),
    "warning": Look("Warning", "warn", "alert"),
    "neutral": Look("Nothing to check"),
    "skipped": Look("Skipped"),
    "completed": Look("Completed", "good", "check"),
    "cancelled": Look("Cancelled"),
    "deploy": Look("Deployed", "good", "rocket"),
    "rollback": Look("Rolled back", "warn", "back"),
    "removal": Look("Removed"),
    "external": Look("Moved outside the bot", "warn", "alert"),
    "healthy": Look("Healthy", "good", "check"),
    "degraded": Look("Degraded", "warn", "alert"),
    "unhealthy": Look("Unhealthy", "bad", "cross"),
}


def tone(state: str) -> Look:
    """How a state shows; an unknown one shows as its own word."""
    return _LOOKS.get(str(state)) or Look(str(state).replace("_", " ").capitalize())


def number(value: float | None, digits: int = 2) -> str:
    """A number for people: few digits where large, the real minus sign; undefined is a dash."""
    if value is None:
        return MISSING
    shown = 0 if abs(value) >= LARGE and digits <= 2 else digits  # noqa: PLR2004  # cents of thousands
    text = f"{value:z,.{shown}f}"
    if "." in text and digits > 2:  # noqa: PLR2004  # only long fractions lose their zeros
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def signed(value: float | None) -> str:
    """A number with its sign always."""
    return f"+{number(value)}" if value is not None and value > 0 else number(value)


def percent(value: float | None) -> str:
    """A value that is in percent already."""
    return MISSING if value is None else f"{number(value, 1)}\N{NO-BREAK SPACE}%"


def count(value: int | None) -> str:
    """A whole number."""
    return MISSING if value is None else f"{value:,}"


def when(iso: str) -> str:
    """An ISO 8601 UTC time to the minute."""
    return iso[:16].replace("T", " ")


def proposal(identifier: str) -> str:
    """A proposal's id as people say it: #12, or the branch's name."""
    kind, _, rest = identifier.partition("/")
    return {"pr": f"#{rest}", "branch": rest, "base": f"{rest} as it is"}.get(kind, identifier)


def seconds(value: float) -> str:
    """A duration."""
    if value < 1:
        return f"{value * 1000:z.0f} ms"
    return f"{value:z.1f} s" if value < 60 else f"{value // 60:z.0f} min {value % 60:z.0f} s"  # noqa: PLR2004  # seconds in a minute


def caret(finding: Finding) -> str:
    """The line at fault with a caret under the column, tabs kept so that it stays aligned."""
    line = finding.source_line[:400]
    if finding.column is None or finding.column > len(line) + 1:
        return line
    lead = re.sub(r"[^\t]", " ", line[: finding.column - 1])
    return f"{line}\n{lead}^"


def share(value: float | None) -> str:
    """A probability in percent; never a certainty."""
    if value is None:
        return MISSING
    inside = min(max(100 * value, 0.1), 99.9)
    digits = 0 if 1 <= inside <= 99 else 1  # noqa: PLR2004  # one digit more near the ends
    return f"{inside:z.{digits}f}\N{NO-BREAK SPACE}%"


LONGEST_WORD = 24
LONGEST_NAME = 60


def name(text: str) -> Markup:
    """A name that may break after `_`, `-`, `.` and `/`; a long one is cut, whole in its title.

    Only a word of more than `LONGEST_WORD` letters may break inside.
    """
    plain = harmless(text)
    cut = plain if len(plain) <= LONGEST_NAME else f"{plain[:LONGEST_NAME]}\N{HORIZONTAL ELLIPSIS}"
    words = re.findall(r"[^_\-./]*[_\-./]*", cut)
    long = max(map(len, words)) > LONGEST_WORD
    shown = Markup("<wbr>").join(word for word in words if word)
    kind = Markup(' class="long"') if long else ""
    return Markup('<bdi{} title="{}">{}</bdi>').format(kind, plain, shown)
