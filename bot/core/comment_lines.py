"""The lines of a comment that stand where every reader of the rendered comment sees them. Pure.

Only paragraphs at the top level count: not what is in lists, quotes, tables, headings or code, and
not what is inside an HTML element, which may hide it. In a line, only what renders as plain words
from its very start counts as words; markup further on is read as it is shown.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
"""As GitHub reads comments; escapes and entities stay apart from what was typed plainly."""

_FOOTNOTE = re.compile(r"^( {0,3})\[\^", re.MULTILINE)
_FOOTNOTE_TEXT = re.compile(r"\[\^[^\]]*\]:")
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
_TAG = re.compile(
    r"""<[?!][^>]*>|<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)"""
    r"""(?:\s+[A-Za-z_:@*.][^\s"'<>/=`]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*\s*/?>"""
)
_NAMES = """
a abbr acronym address applet article aside audio b bdi bdo big blink blockquote body
button canvas caption center cite code colgroup data datalist dd del details dfn dialog
dir div dl dt em fieldset figcaption figure font footer form frame frameset g-emoji h1
h2 h3 h4 h5 h6 head header hgroup html i iframe ins kbd label legend li main map mark
marquee math menu meter nav noembed noframes noscript object ol optgroup option output p
picture plaintext pre progress q rb rbc rp rt rtc ruby s samp script search section
select slot small span strike strong style sub summary sup svg table tbody td template
textarea tfoot th thead time title tr tt u ul var video xmp
"""
_ELEMENTS = frozenset(_NAMES.split())
"""What HTML knows and closes. GitHub drops other tags (the one of List<int>) and shows the rest."""

_TABLE = "caption table tbody td tfoot th thead tr"
_WALL = """
applet button caption iframe marquee math noembed noframes noscript object plaintext script
select style svg table td template textarea th title xmp
"""
_PARTS = frozenset(_TABLE.split())
_WALLS = frozenset(_WALL.split())
"""An end tag inside one of these ends nothing outside of it, as browsers read HTML."""

_COLUMNS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?")
"""The line below a table's head. GitHub reads one without `|` as such, too, our parser does not."""


def visible_lines(text: str) -> Iterator[str]:
    """Each line of a top-level paragraph, as it is shown; "" for one that begins with markup."""
    tokens = _MARKDOWN.parse(_FOOTNOTE.sub(r"\1\\[^", text))
    around = _Around()
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "html_block":
            around.read(token.content, token.level)
        elif token.type == "inline":
            at_top = before is not None and (before.type, before.level) == ("paragraph_open", 0)
            lines = list(_lines(token, around))
            yield from _above_table(lines) if at_top else ()


def _above_table(lines: list[str]) -> list[str]:
    """A paragraph's lines without those that GitHub shows as a table: its head and all below."""
    ruled = (at for at, line in enumerate(lines) if at and _COLUMNS.fullmatch(line))
    return lines[: max(next(ruled, len(lines) + 1) - 1, 0)]


class _Around:
    """The HTML elements that are open at a place of the comment."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []
        self._unclear = False

    @property
    def hides(self) -> bool:
        """Whether what comes next stands inside some element."""
        return self._unclear or bool(self._open)

    def read(self, html: str, level: int) -> None:
        """Take notice of a piece of HTML; one that ends inside a tag hides all that follows.

        `level` is how deep its block stands in lists, quotes and tables.
        """
        self._unclear |= any(not comment[1] for comment in _COMMENT.finditer(html))
        html = _COMMENT.sub("", html)
        self._unclear |= "<" in _TAG.sub("", html)
        for tag in _TAG.finditer(html):
            name = (tag["name"] or "").lower()
            if tag["end"]:
                self._close(name, level)
            elif name in _ELEMENTS:
                self._open.append((name, level))

    def _close(self, name: str, level: int) -> None:
        """End an element and all in it; not from inside a list, quote or cell, or past a wall."""
        for at in reversed(range(len(self._open))):
            opened, depth = self._open[at]
            if opened == name and level <= depth:
                del self._open[at:]
            if opened == name or (opened in _WALLS and name not in _PARTS):
                return


def _lines(block: Token, around: _Around) -> Iterator[str]:
    """The visible lines of one paragraph, heading or cell."""
    out_of_sight = False
    for line in _split(block.children or []):
        hidden = around.hides or out_of_sight
        for token in line:
            if token.type == "html_inline":
                around.read(token.content, block.level - 1)
        shown = _shown(line)
        if not hidden:
            yield shown if _begins_plainly(line) else ""
        # A footnote takes the lines below it along; formulas are shown as formulas.
        is_footnote = _FOOTNOTE_TEXT.match(shown) is not None
        out_of_sight = out_of_sight ^ (shown.count("$$") % 2 == 1) or is_footnote


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    lines: list[list[Token]] = [[]]
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            lines.append([])
        else:
            lines[-1].append(token)
    return lines


def _begins_plainly(line: Sequence[Token]) -> bool:
    """Whether it starts with words outside of any link or emphasis, typed as they are shown."""
    written = [token for token in line if token.type != "text" or token.content]
    return bool(written) and written[0].type == "text" and written[0].level == 0


def _shown(line: Sequence[Token]) -> str:
    """What is to be read of a line: without what is struck out."""
    kinds = {"text", "text_special", "code_inline", "image"}
    words, struck = [], 0
    for token in line:
        struck += token.nesting if token.type in {"s_open", "s_close"} else 0
        words.append(token.content if token.type in kinds and struck <= 0 else "")
    return "".join(words)
