"""`stages` in config.yaml: where a version goes after its deploy, and when it may."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from bot.config.source import Section
from components.safe_tools.names import ref_problem

RecordMetric = Literal[
    "trades", "return_pct", "max_drawdown_pct", "sharpe", "over_band_pct", "cost_over_floors_pct"
]


class RecordGate(Section):
    """One condition on the record since the deploy, for each symbol: metric op value.

    It does not hold with fewer than `bars`, or while its metric is not known.
    """

    metric: RecordMetric
    op: Literal[">=", ">", "<=", "<"]
    value: Annotated[float, Field(allow_inf_nan=False)]
    bars: Annotated[int, Field(ge=1, le=1_000_000)] = 20


class AfterSettings(Section):
    """What has to be so before a version goes on to a stage.

    `days` on the stage before it; `bars` that came since, with its orders on record (of several
    symbols the fewest count); `integrity: clean`: those orders equal today's replay; `gates` on
    what the record came to.
    """

    days: Annotated[float, Field(ge=0, le=3650)] = 0.0
    bars: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    integrity: Literal["", "clean"] = ""
    gates: tuple[RecordGate, ...] = ()


class StageSettings(Section):
    """One stage. The first one is the base; each other has a branch that holds what it has.

    `by` says who promotes to it: people alone (deployer), or the bot as soon as `after` holds.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    branch: str = ""
    after: AfterSettings = AfterSettings()
    by: Literal["deployer", "auto"] = "deployer"

    @field_validator("branch")
    @classmethod
    def _is_a_branch(cls, branch: str) -> str:
        problem = ref_problem(f"refs/heads/{branch}") if branch else ""
        if problem or branch.startswith("algoops/"):
            raise ValueError(f"a branch such as live: {problem or 'algoops/ is the bot its own'}")
        return branch


def stages_problem(stages: tuple[StageSettings, ...], base: str) -> str:
    """What is wrong with stages as a whole, "" for nothing."""
    names, branches = [s.name for s in stages], [s.branch for s in stages[1:]]
    if len(set(names)) != len(names):
        return f"stages need different names, found {', '.join(names)}"
    if stages and stages[0] != StageSettings(name=stages[0].name):
        return f"the first stage, {stages[0].name}, is the base branch: it has only a name"
    if "" in branches:
        return f"the stage {names[1:][branches.index('')]} needs a `branch`"
    later = [s.name for s in stages[2:] if s.after.bars or s.after.integrity or s.after.gates]
    if later:
        return (
            f"the stage {later[0]} asks for bars, integrity or gates: orders are on record for"
            f" the base alone, so only {names[1]} may"
        )
    if base in branches or len(set(branches)) != len(branches):
        return "each stage needs a branch of its own, and only the first one is the base"
    return ""
