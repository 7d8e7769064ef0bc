"""What would stop a deploy although the checks passed: said early, as warnings of the report."""

import re

from bot.checks.subject import DEFINITIONS
from bot.core.authors import AuthorKind
from bot.landing.context import Watched, World
from bot.landing.holding import find_hold
from components.ports import Proposal
from components.schema.definition.fixes import version_fix
from components.schema.documents.reader import place, read_document
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import CheckName, Finding, Severity, Verdict

MOST_TAKEN = 100
"""Numbers that are tried one after the other for a version that is free."""

_NUMBERS = re.compile(r"(\d{1,9}\.\d{1,9})\.(\d{1,9})")


def with_deploy_warnings(world: World, watched: Watched, report: Report) -> Report:
    """Tell an author early that a deploy would be refused: released already, tagged, or held."""
    warnings = _approvals(watched, report)
    for strategy in report.strategies:
        landed = world.store.versions.landed(watched.name, strategy.name, strategy.version)
        if landed is not None and landed.tree and landed.tree != strategy.tree:
            message = (
                f"{strategy.name} {strategy.version} was deployed before with other"
                " content, so this cannot be deployed under that number"
            )
            hint = "raise `version` in strategy.yaml"
            warning = _warning(strategy, "version-taken", message, hint)
            warnings.append(_raised(world, watched, strategy, warning))
        elif landed is None:
            found = _tagged(watched, strategy)
            warnings += [_raised(world, watched, strategy, one) for one in found]
        warnings += _held(world, watched, strategy)
    return report.model_copy(update={"findings": (*report.findings, *warnings)})


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
    hint = f"who are not its author ({said.author}): an {kind} wrote it"
    return [
        Finding(
            check=CheckName.POLICY,
            rule="approval-needed",
            severity=Severity.INFO,
            file=report.strategies[0].path,
            message=message,
            hint=hint if kind is AuthorKind.AGENT else f"who are not its author ({said.author})",
        )
    ]


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


def _raised(world: World, watched: Watched, strategy: StrategyReport, warning: Finding) -> Finding:
    """The warning at the version's place, with the next number that is free as its fix."""
    files = watched.where.repository.read_folder(strategy.tree).files
    name = next((n for n in DEFINITIONS if n in files), "")
    version = _next_free(world, watched, strategy)
    if not name or not version:
        return warning
    document = read_document(files[name], f"{strategy.path}/{name}")
    span = document.spans.get(("version",))
    fix = version_fix(document, version)
    if not fix or span is None:
        return warning
    placed = warning.model_copy(update={"file": document.file, "fix": fix})
    return place(placed, span[1], document.text)


def _next_free(world: World, watched: Watched, strategy: StrategyReport) -> str:
    """The next patch number that was never deployed and has no tag; "" for an odd version."""
    found = _NUMBERS.fullmatch(strategy.version)
    if found is None:
        return ""
    for patch in range(int(found[2]) + 1, int(found[2]) + 1 + MOST_TAKEN):
        version = f"{found[1]}.{patch}"
        if world.store.versions.landed(watched.name, strategy.name, version):
            continue
        if watched.where.repository.commit_of_tag(f"{strategy.name}/v{version}") is None:
            return version
    return ""


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
