"""`algoops book`: how all deployed strategies go together."""

from typing import Any

import typer
from rich.table import Table

from bot.cli.common import ConfigOption, Form, FormOption, out, print_json, settings_from
from bot.landing.book import book_of
from bot.report.book import book_figures, correlation_words, cut_words, most_alike
from components.schema.results.book import Book
from components.state import DATABASE, Store

IN_A_TERMINAL = 12
"""Columns of correlations."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("book")(book)


def book(form: FormOption = Form.TEXT, config: ConfigOption = None) -> None:
    """Show how all that is deployed goes together."""
    settings = settings_from(config)
    with Store(settings.state.dir / DATABASE, look=True) as store:
        books = {one.name: book_of(store, one.name) for one in settings.repositories}
    if form is Form.JSON:
        print_json({"books": [_document(name, found) for name, found in books.items()]})
        return
    for name, found in books.items():
        _show(name, found)


def _document(name: str, found: Book) -> dict[str, Any]:
    return {"repository": name, **found.model_dump(mode="json")}


def _show(repository: str, found: Book) -> None:
    def say(text: str) -> None:
        out.print(text, highlight=False, markup=False, soft_wrap=True)

    say(f"{repository}: {found.why or f'{len(found.names)} deployed strategies'}")
    for label, value in book_figures(found):
        say(f"  {label}: {value}")
    for one in found.missing:
        say(f"  {one.name} is left out: {one.why}")
    if found.names:
        table = Table(box=None)
        shown = most_alike(found, IN_A_TERMINAL)
        for head in ("", *map(str, range(1, len(shown) + 1))):
            table.add_column(head, justify="right")
        for number, place in enumerate(shown, 1):
            row = found.correlations[place]
            cells = (correlation_words(row[other]) for other in shown)
            table.add_row(f"{found.names[place]} {number}", *cells)
        out.print(table, markup=False)
        say(cut_words(found, len(shown)))
