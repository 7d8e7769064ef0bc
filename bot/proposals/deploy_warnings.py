"""What would stop a deploy although the checks passed: said early, as warnings of the report."""

from bot.checks.releases import tag_of, taken, version_finding
from bot.checks.subject import Subject
from bot.core.authors import AuthorKind
from bot.landing.context import Watched, World
from bot.landing.holding import find_hold
from bot.report.status import with_warnings
from components.ports import Proposal
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import CheckName, Finding, Severity, Verdict


def with_deploy_warnings(world: World, watched: Watched, report: Report) -> Report:
    """Tell an author early that a deploy would be refused: released already, tagged, or held."""
    warnings = _approvals(watched, report)
    for strategy in report.strategies:
        landed = world.store.versions.landed(watched.name, strategy.name, strategy.version)
        if landed is not None and landed.tree and landed.tree != strategy.tree:
            said = taken(strategy.name, strategy.version)
            warnings.append(_raised(world, watched, strategy, said))
        elif landed is None:
            found = _tagged(watched, strategy)
            warnings += [_raised(world, watched, strategy, said) for said in found]
        warnings += _held(world, watched, strategy)
    return with_warnings(report, warnings)


def _approvals(watched: Watched, report: Report) -> list[Finding]:
    """That people have to approve it first: said with the verdict, so that somebody does."""
    said = report.proposal
    if not watched.authors.approvals:
        return []
    writers = watched.where.repository.writers(report.base_commit, report.head_commit)
    kind = watched.authors.kind_of(Proposal(said.id, said.ref, "", author=said.author), writers)
    needed = watched.authors.approvals.get(kind, 0)
    if not needed or not report.strategies:
        return []
    message = f"a deploy needs {needed} approval{'s' if needed > 1 else ''} by people"
    hint = f"have people approve it who are not its author ({said.author})"
    if kind is AuthorKind.AGENT:
        hint += f": an {kind} wrote it"
    return [
        Finding(
            check=CheckName.POLICY,
            rule="approval-needed",
            severity=Severity.INFO,
            file=report.strategies[0].path,
            message=message,
            hint=hint,
        )
    ]


def _tagged(watched: Watched, strategy: StrategyReport) -> list[tuple[str, str, str]]:
    """A tag that a person made, say: the deploy could not make its own."""
    tag = tag_of(strategy.name, strategy.version)
    there = watched.where.repository.commit_of_tag(tag) if strategy.version else None
    if there is None:
        return []
    message = (
        f"the tag {tag} is there already, on {there[:12]}, and no deploy of"
        f" {strategy.name} {strategy.version} is known: a deploy could not make its tag"
    )
    hint = "delete the tag if it was made by hand, else raise `version` in strategy.yaml"
    return [("tag-taken", message, hint)]


def _raised(
    world: World, watched: Watched, strategy: StrategyReport, said: tuple[str, str, str]
) -> Finding:
    """A warning of a version, with the next number that was never deployed and has no tag."""

    def is_taken(version: str) -> bool:
        if world.store.versions.landed(watched.name, strategy.name, version):
            return True
        return watched.where.repository.commit_of_tag(tag_of(strategy.name, version)) is not None

    files = watched.where.repository.read_folder(strategy.tree).files
    subject = Subject(strategy.name, strategy.path, strategy.change, strategy.tree, files)
    return version_finding(subject, strategy.version, said, is_taken)


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
    return [
        Finding(
            check=CheckName.SCHEMA,
            rule="held",
            severity=Severity.WARNING,
            file=strategy.path,
            message=message,
            hint=hint,
        )
    ]
