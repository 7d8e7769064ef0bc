"""Stages: which there are, and what each of them holds of a strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.errors import UserError

if TYPE_CHECKING:  # the command line only reads: it needs none of what jobs work on
    from collections.abc import Iterable, Mapping, Sequence

    from bot.config.settings import RepositorySettings
    from bot.config.stages import StageSettings
    from components.state import Store
    from components.state.tables.records import Deployment


@dataclass(frozen=True)
class OnStage:
    """What a stage holds of a strategy; all "" but its name where it holds nothing."""

    stage: str
    version: str = ""
    commit: str = ""
    since: str = ""


def place_of(stages: Sequence[StageSettings], name: str) -> int:
    """Which one of the stages a name means; the first is the base.

    Raises:
        UserError: there is none of this name; says which there are.
    """
    names = [stage.name for stage in stages]
    if name in names:
        return names.index(name)
    if not names:
        raise UserError(
            f"there is no stage {name}: this repository has only its base branch",
            hint="`stages` in config.yaml adds some",
        )
    raise UserError(f"there is no stage {name}; there are: {', '.join(names)}")


def key_of(stages: Sequence[StageSettings], place: int) -> str:
    """How landings on a stage are recorded: the base as ""."""
    return stages[place].name if place else ""


def on_stages(
    store: Store, repositories: Iterable[RepositorySettings]
) -> Mapping[tuple[str, str], tuple[OnStage, ...]]:
    """(repository, strategy) -> what each stage holds of it, the stages in their order.

    Nothing of repositories that have only their base.
    """
    found: dict[tuple[str, str], tuple[OnStage, ...]] = {}
    for one in repositories:
        keys = [key_of(one.stages, place) for place in range(len(one.stages))]
        standing = [{d.name: d for d in store.deployments.live(one.name, k)} for k in keys]
        for name in {name for there in standing for name in there}:
            found[one.name, name] = tuple(
                _on(stage.name, there.get(name))
                for stage, there in zip(one.stages, standing, strict=True)
            )
    return found


def _on(stage: str, landing: Deployment | None) -> OnStage:
    if landing is None:
        return OnStage(stage)
    return OnStage(stage, landing.version, landing.commit, landing.deployed_at)
