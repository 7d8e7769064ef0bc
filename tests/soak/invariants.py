"""PURE: what must hold after a soak, whatever was killed when. Each rule yields what is wrong."""

from collections import Counter
from collections.abc import Callable, Iterator

from components.schema.results.values import Verdict
from components.state import Lifecycle
from components.state.lifecycle import TRANSITIONS
from components.state.tables.records import Run
from tests.soak.content import possible
from tests.soak.facts import Commit, Facts, Posted

OURS = frozenset({"deploy", "rollback", "removal"})
"""Kinds of landings that the bot made; the others happened outside."""

FINAL = {
    Verdict.PASSED: {"success"},
    Verdict.FAILED: {"failure"},
    Verdict.ERROR: {"error"},
    Verdict.NEUTRAL: {"neutral", "success"},  # GitHub's statuses know no neutral
}
"""Verdict of a run -> the states that the status `algoops` may show."""

MOST_RSS_MB = 400.0
MOST_NEW_RSS_MB = 120.0
MOST_NEW_FILES = 40

Rule = Callable[[Facts], Iterator[str]]


def broken(facts: Facts) -> list[tuple[str, str]]:
    """(rule, what is wrong) of everything that does not hold; empty when all is well."""
    return [(rule.__name__, words) for rule in RULES for words in rule(facts)]


# --- git ---------------------------------------------------------------------------------------


def repository_is_whole(facts: Facts) -> Iterator[str]:
    """No damaged object, no lock of a dead process."""
    if facts.git.fsck.strip():
        yield f"fsck: {facts.git.fsck.strip()}"
    yield from (f"left behind: {lock}" for lock in facts.git.locks)


def no_pushed_commit_is_lost(facts: Facts) -> Iterator[str]:
    """What the repository took, it has."""
    yield from (f"{commit} was pushed and is gone" for commit in facts.git.missing)


def base_holds_only_landings(facts: Facts) -> Iterator[str]:
    """Each commit of the base is a recorded landing, somebody's own push, or the first one."""
    recorded = {d.commit for d in facts.database.deployments if d.kind in OURS}
    outside = set(facts.told.outside)
    for commit in facts.git.history:
        if commit.parents and commit.id not in recorded | outside:
            yield f"{commit.id[:12]} is on the base and nobody recorded it: {_first(commit)}"


def landings_are_on_the_base(facts: Facts) -> Iterator[str]:
    """Nothing that is on record as landed is missing from the base, and nothing landed twice."""
    there = Counter(c.id for c in facts.git.history)
    for commit in {d.commit for d in facts.database.deployments if d.kind in OURS}:
        if there[commit] != 1:
            yield f"{commit[:12]} is recorded and {there[commit]} times on the base"


def landed_is_what_was_tested(facts: Facts) -> Iterator[str]:
    """A landed folder is the recorded tree, and a run gave that very tree its passed verdict."""
    commits = {c.id: c for c in facts.git.history}
    passed = {(j.name, j.tree) for j in facts.database.judged if j.verdict is Verdict.PASSED}
    for d in facts.database.deployments:
        commit = commits.get(d.commit)
        if commit is None or d.kind == "external":
            continue
        if commit.trees.get(d.name, "") != d.tree:
            yield f"{d.name} {d.version} landed as {commit.trees.get(d.name)}, recorded is {d.tree}"
        if d.kind == "deploy" and (d.name, d.tree) not in passed:
            yield f"{d.name} {d.version} landed and no run passed its tree {d.tree}"
        if d.kind == "deploy" and facts.database.verdicts.get(d.content_key) != "passed":
            yield f"{d.name} {d.version} landed without a passed verdict for its content"


def landing_changes_only_what_it_records(facts: Facts) -> Iterator[str]:
    """Between a landing and the commit before it nothing differs but the recorded strategies."""
    for after, before in zip(facts.git.history, facts.git.history[1:], strict=False):
        recorded = {d.name for d in facts.database.deployments if d.commit == after.id}
        names = before.trees.keys() | after.trees.keys()
        changed = {n for n in names if before.trees.get(n) != after.trees.get(n)}
        if after.id not in facts.told.outside and changed - recorded:
            yield f"{after.id[:12]} changes {', '.join(sorted(changed - recorded))} unrecorded"


def message_names_the_tested_tree(facts: Facts) -> Iterator[str]:
    """The merge commit says which tree was tested: its own."""
    for commit in facts.git.history:
        named = [
            line.split()[1]
            for line in commit.message.splitlines()
            if line.startswith("Tested-tree")
        ]
        if named and named != [commit.tree]:
            yield f"{commit.id[:12]} has the tree {commit.tree[:12]} and says {named[0][:12]}"


def merges_bring_pushed_heads(facts: Facts) -> Iterator[str]:
    """The second parent of a landing is a commit that an author pushed."""
    pushed = {commit for _, commit in facts.told.pushes}
    pushed |= {intent.key for intent in facts.database.intents}  # reverts by pull request
    for commit in facts.git.history:
        for parent in commit.parents[1:]:
            if parent not in pushed:
                yield f"{commit.id[:12]} merges {parent[:12]}, which nobody pushed"


def tags_mark_their_landing(facts: Facts) -> Iterator[str]:
    """Each tag was made by one landing, is where it was made, and marks the tested tree."""
    made = {d.tag: d for d in facts.database.deployments if d.tag}
    counted = Counter(d.tag for d in facts.database.deployments if d.tag)
    for tag, commit in facts.git.tags.items():
        if tag not in made:
            yield f"the tag {tag} is not on record"
        elif made[tag].commit != commit:
            yield f"the tag {tag} marks {commit[:12]}, recorded is {made[tag].commit[:12]}"
    yield from (f"the tag {t} was made {n} times" for t, n in counted.items() if n > 1)
    yield from (f"the tag {t} is missing" for t in made if t not in facts.git.tags)


# --- database ----------------------------------------------------------------------------------


def database_is_sound(facts: Facts) -> Iterator[str]:
    """SQLite's own checks and the audit log's chain."""
    yield from facts.database.problems


def every_event_has_one_outcome(facts: Facts) -> Iterator[str]:
    """What came in is settled; a command has its kept outcome, and was carried out by one job."""
    done = Counter(j.key for j in facts.database.jobs if j.kind == "command" and j.status == "done")
    for event in facts.database.events:
        if not event.settled:
            yield f"{event.kind} {event.key} was never settled"
        if event.kind == "CommandIssued" and event.key not in facts.database.outcomes:
            yield f"the command {event.key} has no outcome"
        if event.kind == "CommandIssued" and done[event.key] != 1:
            yield f"the command {event.key} was done by {done[event.key]} jobs"


def no_job_is_left(facts: Facts) -> Iterator[str]:
    """Nothing waits, nothing is under way, nothing was given up; but for the clock's own looks."""
    for job in facts.database.jobs:
        of_clock = job.kind in {"tick", "base"} or (job.kind == "check" and job.priority < 0)
        if job.status not in {"done", "cancelled"} and not (of_clock and job.status != "failed"):
            yield f"job {job.id} {job.kind} {job.key} is {job.status}: {job.error}"


def every_run_is_over(facts: Facts) -> Iterator[str]:
    """A run is finished with a verdict and a report, or superseded."""
    for run in facts.database.runs:
        whole = run.verdict is not None and bool(run.report)
        if run.status == "running" or (run.status == "finished") != whole:
            yield f"run {run.id} of {run.proposal} at {run.head[:12]} is {run.status}"


def no_head_is_checked_twice(facts: Facts) -> Iterator[str]:
    """No two runs in a row of one proposal judge the same head on the same base.

    One that broke may be tried again, somebody may ask for it (`attempt`), and a branch may be
    pushed back to where it was after a run of another head began.
    """
    last: dict[str, Run] = {}
    for run in facts.database.runs:
        before = last.get(run.proposal)
        if run.status != "finished":
            if before is not None and before.head != run.head:
                del last[run.proposal]
            continue
        last[run.proposal] = run
        again = before is not None and (before.head, before.base) == (run.head, run.base)
        if again and before.verdict is not Verdict.ERROR and not run.attempt:
            yield f"runs {before.id} and {run.id} of {run.proposal} judge the same"


def every_open_head_is_judged(facts: Facts) -> Iterator[str]:
    """The head of each open proposal has a finished run that did not break and was published."""
    for proposal, head in _wanted(facts):
        run = _newest(facts, proposal)
        if run is None or run.status != "finished" or run.head != head:
            yield f"{proposal} at {head[:12]} has no verdict"
        elif run.verdict is Verdict.ERROR:
            yield f"{proposal} at {head[:12]} could not be checked (run {run.id})"
        elif facts.database.published.get(proposal) != str(run.id):
            yield f"run {run.id} of {proposal} was not published"


def one_content_has_one_verdict(facts: Facts) -> Iterator[str]:
    """No content key was judged now so, now so; and the kept verdict is the one given."""
    given: dict[str, set[str]] = {}
    for judged in facts.database.judged:
        if judged.verdict is not Verdict.ERROR and judged.key:
            given.setdefault(judged.key, set()).add(judged.verdict.value)
    for key, verdicts in given.items():
        kept = facts.database.verdicts.get(key)
        if verdicts != {kept}:
            yield f"{key[:16]} was judged {', '.join(sorted(verdicts))}, kept is {kept}"


def nobody_is_blamed_for_our_faults(facts: Facts) -> Iterator[str]:
    """A sound strategy fails at a gate at most, a spoilt one where it is spoilt, none by a kill."""
    for j in facts.database.judged:
        kind = facts.told.kinds.get(j.tree)
        if kind is not None and not possible(kind, j.verdict, j.stage):
            yield f"run {j.run}: {j.name} {j.version} ({kind}) is {j.verdict} at {j.stage}"


def lifecycle_moves_are_legal(facts: Facts) -> Iterator[str]:
    """Every recorded move is in the State Manager's own table."""
    for move in facts.database.moves:
        legal = TRANSITIONS[Lifecycle(move.old)] if move.old else {Lifecycle.DISCOVERED}
        if move.new not in legal:
            yield f"{move.strategy} {move.version} moved from {move.old or 'nothing'} to {move.new}"


def side_effects_are_settled(facts: Facts) -> Iterator[str]:
    """An announced landing is on the base when it was done, and not when it was abandoned."""
    for intent in facts.database.intents:
        landed = intent.key in facts.git.merged
        if not intent.settled_at:
            yield f"{intent.kind} {intent.key[:12]} is still open"
        elif facts.git.lands_prepared and landed != (intent.outcome == "done"):
            yield f"{intent.kind} {intent.key[:12]} is {intent.outcome} and landed: {landed}"


def deployed_is_what_the_base_holds(facts: Facts) -> Iterator[str]:
    """The database's deployed versions are the folders of the base, no more and no fewer."""
    live = facts.git.history[0].trees if facts.git.history else {}
    deployed = {v.name: v for v in facts.database.versions if v.lifecycle is Lifecycle.DEPLOYED}
    for name in sorted(live.keys() | deployed.keys()):
        tree = deployed[name].tree if name in deployed else None
        if tree != live.get(name) and live.get(name) not in facts.database.drift_refused:
            yield f"{name}: the base holds {live.get(name)}, deployed is {tree}"


def no_landing_while_held(facts: Facts) -> Iterator[str]:
    """Nothing landed while its version was on hold."""
    for d in facts.database.deployments:
        for hold in facts.database.holds:
            same = (hold.name, hold.version) == (d.name, d.version)
            over = hold.lifted_at and hold.lifted_at <= d.deployed_at
            if same and hold.held_at < d.deployed_at and not over and d.kind in OURS:
                yield f"{d.name} {d.version} landed by {d.kind} while held since {hold.held_at}"


# --- forge -------------------------------------------------------------------------------------


def one_report_for_each_proposal(facts: Facts) -> Iterator[str]:
    """Exactly one for each open proposal, about its head, saying what the database says."""
    for proposal, posted in facts.forge.reports.items():
        if len(posted) > 1:
            yield f"{proposal} has {len(posted)} reports"
    for proposal, head in _wanted(facts):
        posted = facts.forge.reports.get(proposal, ())
        run = _newest(facts, proposal)
        if not posted:
            yield f"{proposal} has no report"
        elif run is not None and not _speaks_of(posted[0], run, head):
            yield f"{proposal}: the report is of run {posted[0].run}, the last one is {run.id}"
        if facts.forge.notes is not None and head not in facts.forge.notes:
            yield f"{proposal}: {head[:12]} carries no report"


def last_status_is_final(facts: Facts) -> Iterator[str]:
    """No commit waits for ever; an open head shows its verdict."""
    for commit, contexts in facts.forge.statuses.items():
        waiting = [context for context, state in contexts.items() if state == "pending"]
        yield from (f"{commit[:12]} has {context} pending" for context in waiting)
    for proposal, head in facts.git.open.items():
        run = _newest(facts, proposal)
        shown = facts.forge.statuses.get(head, {}).get("algoops")
        if run is not None and run.verdict is not None and shown not in FINAL[run.verdict]:
            yield f"{proposal} at {head[:12]} shows {shown}, run {run.id} says {run.verdict}"


# --- people and machine ------------------------------------------------------------------------


def orders_were_answered_truly(facts: Facts) -> Iterator[str]:
    """Commands end with done or refused, and a commit that was promised is on the base."""
    for words, code, answer in facts.told.orders:
        if code not in {0, 1}:
            yield f"{words}: exit code {code}: {answer}"
        for commit in _promised(answer) if code == 0 else ():
            if not any(c.startswith(commit) for c in facts.git.merged):
                yield f"{words}: {commit} was promised and is not on the base"


def nothing_surprised(facts: Facts) -> Iterator[str]:
    """What must not have happened while it ran."""
    yield from facts.told.surprises


def nothing_is_left_behind(facts: Facts) -> Iterator[str]:
    """No process, container, control group, worktree or temporary file."""
    machine = facts.machine
    for what, found in (
        ("process", machine.processes),
        ("container", machine.containers),
        ("control group", machine.cgroups),
        ("worktree", machine.worktrees),
        ("temporary file", machine.files),
    ):
        yield from (f"{what}: {one}" for one in found)


def no_bug_came_to_light(facts: Facts) -> Iterator[str]:
    """The daemons' log tells of nothing that nobody had thought of."""
    yield from facts.machine.bugs


def daemon_does_not_grow(facts: Facts) -> Iterator[str]:
    """Memory and open files stay in bounds through every daemon's life."""
    for life in facts.machine.lives:
        if life.rss_peak > MOST_RSS_MB:
            yield f"a daemon took {life.rss_peak:.0f} MB"
        if life.rss_last - life.rss_first > MOST_NEW_RSS_MB:
            yield f"a daemon grew from {life.rss_first:.0f} to {life.rss_last:.0f} MB"
        if life.files_last - life.files_first > MOST_NEW_FILES:
            yield f"a daemon's open files grew from {life.files_first} to {life.files_last}"


RULES: tuple[Rule, ...] = (
    repository_is_whole,
    no_pushed_commit_is_lost,
    base_holds_only_landings,
    landings_are_on_the_base,
    landed_is_what_was_tested,
    landing_changes_only_what_it_records,
    message_names_the_tested_tree,
    merges_bring_pushed_heads,
    tags_mark_their_landing,
    database_is_sound,
    every_event_has_one_outcome,
    no_job_is_left,
    every_run_is_over,
    no_head_is_checked_twice,
    every_open_head_is_judged,
    one_content_has_one_verdict,
    nobody_is_blamed_for_our_faults,
    lifecycle_moves_are_legal,
    side_effects_are_settled,
    deployed_is_what_the_base_holds,
    no_landing_while_held,
    one_report_for_each_proposal,
    last_status_is_final,
    orders_were_answered_truly,
    nothing_surprised,
    nothing_is_left_behind,
    no_bug_came_to_light,
    daemon_does_not_grow,
)


def _wanted(facts: Facts) -> Iterator[tuple[str, str]]:
    """Open proposals and their heads, without those whose checks somebody stopped."""
    for proposal, head in facts.git.open.items():
        if facts.database.cancelled.get(proposal) != head:
            yield proposal, head


def _newest(facts: Facts, proposal: str) -> Run | None:
    own = [r for r in facts.database.runs if r.proposal == proposal]
    return own[-1] if own else None


def _speaks_of(posted: Posted, run: Run, head: str) -> bool:
    said = ((posted.head, head), (posted.run, str(run.id)), (posted.verdict, str(run.verdict)))
    return all(shown in {"", known} for shown, known in said)


def _first(commit: Commit) -> str:
    return commit.message.partition("\n")[0]


def _promised(answer: str) -> list[str]:
    """Commits in an answer: `d1b0269c5afd` with their first twelve digits."""
    words = (word.strip("`,.()") for word in answer.split())
    return [w for w in words if len(w) == 12 and set(w) <= set("0123456789abcdef")]
