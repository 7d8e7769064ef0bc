"""What would stop a deploy although the checks passed: said early, as warnings of the report."""

from bot.landing.context import Watched, World
from bot.landing.holding import find_hold
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import CheckName, Finding, Severity, Verdict


def with_deploy_warnings(world: World, watched: Watched, report: Report) -> Report:
    """Tell an author early that a deploy would be refused: released already, tagged, or held."""
    warnings = []
    for strategy in report.strategies:
        landed = world.store.versions.landed(watched.name, strategy.name, strategy.version)
        if landed is not None and landed.tree and landed.tree != strategy.tree:
            message = (
                f"{strategy.name} {strategy.version} was deployed before with other"
                " content, so this cannot be deployed under that number"
            )
            hint = "raise `version` in strategy.yaml"
            warnings.append(_warning(strategy, "version-taken", message, hint))
        elif landed is None:
            warnings += _tagged(watched, strategy)
        warnings += _held(world, watched, strategy)
    return report.model_copy(update={"findings": (*report.findings, *warnings)})


def _tagged(watched: Watched, strategy: StrategyReport) -> list[Finding]:
    """A tag that a person made, say: the deploy could not make its own."""
    tag = f"{strategy.name}/v{strategy.version}"
    there = watched.where.repository.commit_of_tag(tag) if strategy.version else None
    if there is None:
        return []
    message = (
        f"the tag {tag} is there already, on {there[:12]}, and no deploy of"
        f" {strategy.name} {strategy.version} is known: a deploy could not make its tag"
    )
    hint = "delete the tag if it was made by hand, else raise `version` in strategy.yaml"
    return [_warning(strategy, "tag-taken", message, hint)]


def _held(world: World, watched: Watched, strategy: StrategyReport) -> list[Finding]:
    if strategy.verdict is not Verdict.PASSED:
        return []
    files = watched.where.repository.read_folder(strategy.tree).files
    hold = find_hold(world, watched, strategy.name, strategy.version, files)
    if hold is None:
        return []
    message = (
        f"{strategy.name} {strategy.version} cannot be deployed: it is what"
        f" {hold.name} {hold.version} is, which is held ({hold.reason or 'no reason given'})"
    )
    hint = f"mend the strategy, or have the hold on {hold.name} {hold.version} lifted"
    return [_warning(strategy, "held", message, hint)]


def _warning(strategy: StrategyReport, rule: str, message: str, hint: str) -> Finding:
    return Finding(
        check=CheckName.SCHEMA,
        rule=rule,
        severity=Severity.WARNING,
        file=strategy.path,
        message=message,
        hint=hint,
    )
