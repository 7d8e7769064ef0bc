"""`algoops storage`: what takes how much, and what retention would free. Only looks."""

import os
from collections.abc import Iterator
from pathlib import Path

import typer

from bot.cli.common import (
    ConfigOption,
    Form,
    FormOption,
    errors_for_people,
    out,
    print_json,
    settings_from,
)
from bot.config.settings import Settings
from bot.daemon.opening import MIRRORS
from components.errors import AlgoOpsError
from components.git_patch import Repository
from components.state import DATABASE, Store

SMALL = 100_000
"""Bytes; tables that take less are summed up."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("storage")(storage)


def storage(config: ConfigOption = None, form: FormOption = Form.TEXT) -> None:
    """What takes how much disk, and what retention would free."""
    with errors_for_people():
        settings = settings_from(config)
        keep = settings.retention
        with Store(settings.state.dir / DATABASE, look=True) as store:
            tables = store.table_bytes()
            free = store.freeable(keep.runs_days, keep.verdicts_days)
        found = {
            "folders": dict(_folders(settings.state.dir)),
            "database": tables,
            "repositories": dict(_repositories(settings)),
            "retention_would_free": free,
        }
        if form is Form.JSON:
            print_json(found)
            return
        for title, sizes in found.items():
            _show(title.replace("_", " "), sizes)


def _show(title: str, sizes: dict[str, int]) -> None:
    """The larger ones, and all others together."""
    out.print(title, style="bold", highlight=False)
    large = {what: size for what, size in sizes.items() if size >= SMALL}
    for what, size in sorted(large.items(), key=lambda one: -one[1]):
        out.print(f"  {_human(size):>10}  {what}", markup=False, highlight=False, soft_wrap=True)
    rest = sum(sizes.values()) - sum(large.values())
    out.print(f"  {_human(rest):>10}  {'all else' if large else 'together'}", highlight=False)


def _human(size: int) -> str:
    return f"{size / 1e9:,.2f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"  # noqa: PLR2004


def _folders(state: Path) -> Iterator[tuple[str, int]]:
    """What stands in the state folder, by file or folder."""
    for entry in sorted(state.iterdir()):
        yield entry.name, _bytes(entry)


def _repositories(settings: Settings) -> Iterator[tuple[str, int]]:
    """Git objects: loose ones and packs, by repository; what cannot be read is left out."""
    for one in settings.repositories:
        path = (
            one.path if one.forge == "local" else settings.state.dir / MIRRORS / f"{one.name}.git"
        )
        try:
            with Repository(path, binary=settings.git_binary) as repository:
                sizes = repository.sizes()
        except AlgoOpsError:
            continue
        yield f"{one.name}: {sizes.loose:,} loose objects", sizes.loose_bytes
        yield f"{one.name}: {sizes.packs:,} packs", sizes.pack_bytes


def _bytes(path: Path) -> int:
    """Disk that a file takes, or all files below a folder; links are not followed."""
    if path.is_symlink() or not path.is_dir():
        return _size(path)
    return sum(_size(Path(place) / name) for place, _, names in os.walk(path) for name in names)


def _size(file: Path) -> int:
    """Its bytes; 0 where the daemon has just removed it."""
    try:
        return file.lstat().st_size
    except FileNotFoundError:
        return 0
