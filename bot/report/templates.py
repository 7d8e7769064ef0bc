"""HTML templates: everything is escaped, nothing undefined is printed, nothing hidden stays."""

from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.texts import cut, harmless


def shown(value: object, most: int | None = None) -> object:
    """What a template prints: plain text, wherever it comes from, without hidden characters.

    Args:
        value: what it is to print.
        most: characters of a text that are printed at most; None: all.
    """
    if type(value) is not str:
        return value
    return harmless(value) if most is None else cut(harmless(value), most)


def environment(folder: Path, most: int | None = None) -> Environment:
    """The Jinja2 environment of the templates in a folder; `most` as for `shown`."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(shown, most=most),
    )
