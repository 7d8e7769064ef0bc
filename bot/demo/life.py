"""The acts after a deploy: orders of each day, promotion, a restated bar, and the rollbacks."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.demo.acts import REPOSITORY, Acts, words
from bot.demo.market import DAYS, ComingBars
from bot.demo.stage import EXAMPLES, Stage, change
from bot.report.orders import order_words
from components.state.orders import sheet_document, sheets

NAME, VERSION, BEFORE, SYMBOL = "sma_cross", "1.1.0", "1.0.0", "SPX"
UNTIL = "2018-11-20"
"""Last bar that comes. On the day before it 1.1.0 wants to sell what it has of SPX."""


def open_market(stage: Stage, source: Path = EXAMPLES / "data", until: str = UNTIL) -> ComingBars:
    """Have the daemon read bars that come one by one; call it before the daemon starts.

    A version goes to the stage `live` after as many bars as come, if its orders are as sealed;
    where they are not, the bot rolls back.
    """
    after = {"bars": DAYS, "integrity": "clean"}
    stages = [{"name": "paper"}, {"name": "live", "branch": "live", "after": after}]
    repository = {"name": REPOSITORY, "path": stage.repository.name, "stages": stages}
    change(stage.config, {"repositories": [repository], "data": {"dir": "data"}})
    change(stage.folder / "policies" / "risk.yaml", {"recheck": {"action": "rollback"}})
    return ComingBars(stage.folder / "data", source, until)


def after_the_deploy(acts: Acts, market: ComingBars) -> None:
    """From the first order sheet of a deployed version to the end of it on both stages."""
    _too_early(acts)
    for number in range(1, DAYS + 1):
        _day(acts, market, number)
    _promoted(acts)
    _restated(acts, market)
    _off_live(acts)


def _too_early(acts: Acts) -> None:
    with acts.act(f"promote {NAME} {VERSION} to live at once", "refused: no bar came yet") as act:
        acts.wait(lambda: len(_sheets(acts)) > 1, "no order sheets")
        done = acts.stage.algoops("promote", NAME, "--to", "live")
        act(words(done.stderr or done.stdout), ok=done.returncode == 1 and "bars" in done.stderr)


def _day(acts: Acts, market: ComingBars, number: int) -> None:
    is_last = number == DAYS
    expected = f"what it wants next, sealed{' and published' if is_last else ''}"
    with acts.act(f"day {number}: the next bar comes", expected) as act:
        day = market.next_day()
        acts.wait(lambda: _is_sealed(acts, day), f"no orders after {day}")
        told = not any(one["reason"] for one in _sheets(acts))
        end = "published" if told else "not published: the next bar is due"
        wanted = "; ".join(map(_wanted, _sealed(acts)))
        act(f"after {day}: {wanted} ({end})", ok=told or not is_last)


def _promoted(acts: Acts) -> None:
    expected = f"the tested folder is on the branch live, tag live/{NAME}/v{VERSION}"
    with acts.act(f"promote {NAME} {VERSION} to live", expected) as act:
        done = acts.stage.algoops("promote", NAME, "--to", "live")
        ok = done.returncode == 0 and _tree(acts, "live") == _tree(acts, f"{NAME}/v{VERSION}")
        tag = ok and _tree(acts, f"live/{NAME}/v{VERSION}") == _tree(acts, "live")
        act(words(done.stdout if ok else done.stderr or done.stdout), ok=ok and bool(tag))


def _restated(acts: Acts, market: ComingBars) -> None:
    """The past is another one than the one that orders were sealed on: the bot rolls back."""
    expected = f"found by integrity, rolled back to {BEFORE}, {VERSION} held"
    with acts.act("a vendor restates a past bar", expected) as act:
        changed = market.restate(SYMBOL)
        acts.wait(lambda: _tree(acts, "main") == _tree(acts, f"{NAME}/v{BEFORE}"), "no rollback")
        acts.wait(lambda: _hold(acts) != "", f"{VERSION} is not held")
        revert = "Reverts:" in acts.stage.git("log", "-1", "--format=%B", "main")
        act(
            f"{changed}. The bot rolled back: {_hold(acts)}",
            ok=revert and "restated" in _hold(acts),
        )


def _off_live(acts: Acts) -> None:
    with acts.act(f"take {NAME} off live too", "live is as it was before the promotion") as act:
        why = ("--reason", "its orders are not as sealed")
        done = acts.stage.algoops("rollback", NAME, "--stage", "live", "--whole", *why)
        left = acts.stage.git("ls-tree", "-r", "--name-only", "live")
        act(words(done.stdout or done.stderr), ok=done.returncode == 0 and NAME not in left)


def _sheets(acts: Acts) -> list[dict[str, Any]]:
    """Those of the version that is live, once they are worked out."""
    found = sheets(acts.store, REPOSITORY, NAME)
    return [one for one in found if one["version"] == VERSION and one["bar"]]


def _sealed(acts: Acts) -> list[dict[str, Any]]:
    """What it wants after the last bar on record, whether that is told or not."""
    standing = acts.store.forward.all_standing(REPOSITORY, NAME)
    shown = [replace(one, reason="", late_at="") for one in standing if one.version == VERSION]
    return [sheet_document(acts.store, one) for one in shown if one.track]


def _is_sealed(acts: Acts, day: str) -> bool:
    found = _sealed(acts)
    return len(found) > 1 and all(one["bar"].startswith(day) for one in found)


def _wanted(sheet: Mapping[str, Any]) -> str:
    orders = ", ".join(map(order_words, sheet["orders"])) or "no order"
    return f"{sheet['symbol']} holds {sheet['position']:g}, {orders}"


def _tree(acts: Acts, ref: str) -> str:
    return acts.stage.git("rev-parse", f"{ref}:strategies/{NAME}")


def _hold(acts: Acts) -> str:
    """Why the version is held, "" where it is not."""
    found = acts.store.holds.active(REPOSITORY, NAME, VERSION)
    return found.reason if found is not None else ""
