"""Make text from a proposal or a log harmless and short before it enters a report."""

import re
from urllib.parse import quote

from components.texts import cut, fence_for, printable

INLINE_CAP = 300
BLOCK_CAP = 4_000
_ZERO_WIDTH = "\u200b"
_MARKDOWN = re.compile(r"([\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[-+=])")
# After these a reader of the rendered text (not of the source) looks for mentions, references
# and links, so a backslash is no help: an invisible character parts them.
_REFERENCE = re.compile(r"([@#]|GH-|://|www(?=\.))", re.IGNORECASE)
_LISTED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ESCAPED = re.compile(r"\\[\\`*\[\]|~$_+=.)-]|\u200b|&(?:amp|lt|gt);|</?code>")
_MEANT = {_ZERO_WIDTH: "", "&amp;": "&", "&lt;": "<", "&gt;": ">", "<code>": "`", "</code>": "`"}
_PLAIN_CODE = re.compile(r"[^`|\\\s]([^`|\\]*[^`|\\\s])?")


def inline(text: str, cap: int = INLINE_CAP) -> str:
    """One line of Markdown that shows `text` and does nothing: safe in tables and HTML too."""
    harmless = _REFERENCE.sub(rf"\1{_ZERO_WIDTH}", cut(printable(text), cap))
    harmless = harmless.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LISTED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", harmless))


def code(text: str, cap: int = 120) -> str:
    """`text` as inline code, in a table cell too."""
    short = cut(printable(text), cap)
    if not short:
        return ""
    if "<!--" not in short and _PLAIN_CODE.fullmatch(short):
        return f"`{short}`"
    return f"<code>{inline(short, cap)}</code>"


def plain(markdown: str) -> str:
    """The plain text of an answer's Markdown, as terminals and programs get it.

    What `inline` and `code` did to it is undone; code stays in backticks.
    """
    return _ESCAPED.sub(lambda found: _MEANT.get(found[0], found[0][1:]), markdown)


def block(text: str, language: str = "", cap: int = BLOCK_CAP) -> str:
    """`text` as a fenced block: its fence is longer than any that the text holds."""
    body = cut(printable(text, lines=True), cap).replace("<!--", f"<!{_ZERO_WIDTH}--").strip("\n")
    fence = fence_for(body)
    return f"{fence}{language}\n{body}\n{fence}"


def link(label: str, url: str) -> str:
    """A link with an already escaped `label`; only the label where `url` is not plain http(s)."""
    safe = quote(url, safe=":/?#=&%~.-_+,@", errors="replace")
    return f"[{label}]({safe})" if re.match(r"https?://[^\s/]", safe) else label
