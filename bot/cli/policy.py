"""`algoops policy try`: what a risk policy would have said of the last runs."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.checks.policy_try import Tried, tried
from bot.cli.common import ConfigOption, Form, FormOption, out, print_json, settings_from
from components.errors import UserError
from components.schema.policies.file import load_policy
from components.schema.policies.risk import RiskPolicy
from components.schema.results.report import Report
from components.state import DATABASE, Store

LAST = 100
_WORDS = {True: "passed", False: "failed"}

policy = typer.Typer(help="Policies: try a changed one on the last runs.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(policy, name="policy")


@policy.callback()
def _group() -> None:
    """Policies: try a changed one on the last runs."""


@policy.command("try")
def try_command(
    file: Annotated[Path, typer.Argument(help="A risk policy, such as policies/risk.yaml.")],
    last: Annotated[int, typer.Option(min=1, help="So many runs.")] = LAST,
    form: FormOption = Form.TEXT,
    config: ConfigOption = None,
) -> None:
    """Say which of the last runs a risk policy would have judged otherwise. Changes nothing.

    Its gates are judged on the stored results; no backtest is run, so other costs, data or further
    runs are not tried. Luck is as it was counted at each run.
    """
    if not file.is_file():
        raise UserError(f"there is no file {file}")
    wanted = load_policy(file, RiskPolicy)
    with Store(settings_from(config).state.dir / DATABASE, look=True) as store:
        rows = _rows(store, wanted, last)
    if form is Form.JSON:
        print_json(_document(rows))
    else:
        _show(rows, last)


def _rows(store: Store, wanted: RiskPolicy, last: int) -> list[tuple[int, str, Tried]]:
    """Run, proposal and what came of each strategy, the newest first."""
    found = []
    for run in store.runs.list(status="finished", limit=last):
        whole = store.runs.get(run.id)
        if whole is None or not whole.report:
            continue
        report = Report.model_validate_json(whole.report)
        judged = [tried(wanted, strategy) for strategy in report.strategies]
        found += [(run.id, run.proposal, one) for one in judged if one is not None]
    return found


def _show(rows: list[tuple[int, str, Tried]], last: int) -> None:
    turned = [row for row in rows if row[2].before != row[2].after]
    out.print(
        f"{len(rows)} results of the last {last} runs reached their gates;"
        f" {sum(t.after for _, _, t in rows)} would pass ({sum(t.before for _, _, t in rows)} did)",
        highlight=False,
    )
    for title, counts in _counts(rows).items():
        for name, count in sorted(counts.items()):
            out.print(f"  {title} {name}: {count}", highlight=False, markup=False)
    if not turned:
        return
    table = Table(box=None)
    for name in ("run", "proposal", "strategy", "was", "would be", "why"):
        table.add_column(name)
    for run, proposal, one in turned:
        why = "; ".join(g.message for g in one.broken)
        words = (_WORDS[one.before], _WORDS[one.after])
        table.add_row(str(run), proposal, f"{one.name} {one.version}", *words, why)
    out.print(table, markup=False)


def _counts(rows: list[tuple[int, str, Tried]]) -> dict[str, Counter[str]]:
    """How often each gate would block, warn, or can't be judged."""
    return {
        "would block by": Counter(g for _, _, t in rows for g in {g.id for g in t.broken}),
        "would warn by": Counter(g for _, _, t in rows for g in {g.id for g in t.warned}),
        "not judged, no figures to compare with": Counter(g for _, _, t in rows for g in t.untold),
    }


def _document(rows: list[tuple[int, str, Tried]]) -> dict[str, Any]:
    return {
        "results": [
            {
                "run": run,
                "proposal": proposal,
                "strategy": one.name,
                "version": one.version,
                "before": _WORDS[one.before],
                "after": _WORDS[one.after],
                "broken": [g.model_dump(mode="json") for g in one.broken],
                "warned": [g.model_dump(mode="json") for g in one.warned],
                "not_judged": list(one.untold),
            }
            for run, proposal, one in rows
        ],
        **{title.replace(" ", "_").replace(",", ""): dict(c) for title, c in _counts(rows).items()},
    }
