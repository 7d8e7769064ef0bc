"""Answers to commands, one pure function a sentence; all arguments are escaped here."""

import re
from collections.abc import Iterable, Sequence

from bot.report.escape import code, inline
from components.ports import Permission
from components.texts import cut, printable

ANSWER_PATHS = 200
REASON = 200
COMMANDS = (
    ("check", "run all checks again, also where the verdict is known"),
    ("deploy [SHA]", "merge the commit that the report names, if it passed"),
    ("delegate @USER", "let this person deploy this proposal, without write access"),
    ("deploy [SHA] when ready", "do that as soon as it is green, approved and not frozen"),
    (
        "rollback NAME [VERSION] [--stage STAGE] REASON",
        "bring an earlier version back and hold the present one",
    ),
    ("adopt NAME", "take in what somebody changed on the base without me, if it passes"),
    ("restore NAME [REASON]", "put back what was tested before somebody changed it there"),
    ("promote NAME [VERSION] [--to STAGE]", "put on a stage what the stage before it has"),
    ("hold NAME VERSION REASON", "keep a version from being deployed"),
    ("unhold NAME VERSION [REASON]", "lift a hold"),
    ("freeze [90m, 4h, 2d] REASON", "deploy nothing until then, or until `unfreeze` (admins)"),
    ("unfreeze [REASON]", "lift that (admins)"),
    ("cancel", "stop the checks that are running"),
    ("status", "say where this proposal stands"),
    ("help", "show this list"),
)


def answer_marker(key: str) -> str:
    """What nobody sees at the start of the answer to the command with this key."""
    return f"<!-- algoops:answer {re.sub(r'[^A-Za-z0-9:_.]+', '-', key)} -->"


def help_text(problem: str = "") -> str:
    """The list of commands, after what was not understood, if anything."""
    head = f"I did not do anything: {inline(problem)}.\n\n" if problem else ""
    rows = "\n".join(f"| `/algoops {usage}` | {what} |" for usage, what in COMMANDS)
    return (
        f"{head}| Write on a line of its own | and I will |\n|---|---|\n{rows}\n\n"
        "Write access to the repository is needed. "
        "`deploy` means the commit of the latest report, nothing newer."
    )


def deployed(  # one argument a kind of what landed
    names: Sequence[str],
    commit: str,
    tags: Sequence[str] = (),
    gone: Sequence[str] = (),
    policies: Sequence[str] = (),
    also: Sequence[str] = (),
) -> str:
    """The proposal landed as `commit`: everything that came or went is named."""
    tagged = f", tagged {_listed(tags)}" if tags else ""
    what = f"Deployed {_listed(names)}" if names else "Landed the proposal"
    rest = (("Removed", gone), ("Changed policies", policies), ("Also changed", also))
    told = "".join(f" {title}: {_listed_briefly(paths)}." for title, paths in rest if paths)
    return f"🚀 {what} as {_sha(commit)}{tagged}.{told}"


def _listed_briefly(words: Sequence[str]) -> str:
    """All of them where they fit an answer; the rest is in the report, which listed them first."""
    shown = words[:ANSWER_PATHS]
    more = f" and {len(words) - len(shown)} more, as the report lists them"
    return _listed(shown) + (more if len(words) > len(shown) else "")


def policies_accepted(actor: str) -> str:
    """The status of a commit whose change of policies somebody accepted; plain text."""
    return cut(printable(f"changed policies accepted by {actor}"), 120)


def already_deployed(commit: str) -> str:
    """A repeated deploy: nothing was left to do."""
    return f"This is deployed already, as {_sha(commit)}. Nothing was left to do."


def rolled_back(
    name: str, version: str, commit: str, held: str, reason: str, stage: str = ""
) -> str:
    """`name` is back at `version`; `held` is the version that must not be deployed again."""
    where = f" on {code(stage)}" if stage else ""
    if not version:
        place = code(stage) if stage else "the base"
        what = f"⏪ Took {code(name)} {code(held)} off {place}: {_sha(commit)}. "
    else:
        what = f"⏪ Rolled back {code(name)}{where} to {code(version)} as {_sha(commit)}. "
    return (
        f"{what}{code(held)} is on hold. {_lifting(name, held)} "
        f"Reason: {inline(reason) or 'none given'}."
    )


def restored(name: str, version: str, commit: str, reason: str) -> str:
    """What somebody changed on the base is as it was tested; "" is nothing."""
    if not version:
        return f"⏪ {code(name)} is off the base: {_sha(commit)}. {inline(reason)}."
    return f"⏪ {code(name)} is {code(version)} again, as tested: {_sha(commit)}. {inline(reason)}."


def adopted(name: str, version: str, *, gone: bool) -> str:
    """What somebody changed on the base without the bot is taken in."""
    if gone:
        return f"✅ {code(name)} is removed, and that is taken as meant."
    return f"✅ {code(name)} {code(version)} passed all checks and is taken in."


def not_adopted(name: str, why: str, answers: Iterable[tuple[str, str]]) -> str:
    """What somebody changed on the base is not taken in, and what answers it; plain text."""
    said = "; ".join(f"`algoops {command}` {what}" for command, what in answers)
    return f"{name} is not taken in: {why}. {said}".rstrip(". ")


def rolled_back_already(name: str, version: str, actor: str) -> str:
    """Somebody else's rollback landed after this one was asked for."""
    return (
        f"{code(name)} was rolled back to {code(version)} meanwhile, by {inline(actor)}. "
        "Nothing was left to do."
    )


def deploy_waits(why: str) -> str:
    """A deploy is in the forge's queue."""
    return (
        f"⏳ Not deployed yet: {inline(why)}. It is deployed when the queue merges it; whoever "
        "takes it out of the queue, or pushes to it, ends the deploy. Nothing else waits for it."
    )


def deploys_when_ready(head: str, missing: str) -> str:
    """A deploy waits until its proposal may land."""
    return (
        f"⏳ {_sha(head)} is deployed as soon as it may be. Missing now: {inline(missing)}. "
        "A push or `/algoops cancel` ends this."
    )


def deploy_ended(why: str) -> str:
    """A deploy that waited will not be done."""
    return f"The deploy has ended and nothing was deployed: {inline(why)}."


def rollback_waits(name: str, version: str, why: str) -> str:
    """A rollback is on its way and needs others first."""
    return (
        f"⏳ The rollback of {code(name)} to {code(version)} is not live yet: {inline(why)}. "
        "It is merged as soon as the repository's rules allow it; a person may merge its pull "
        "request as well, and whoever closes that ends the rollback. Nothing else waits for it."
    )


def rollback_ended(why: str) -> str:
    """A rollback that waited will not be done."""
    return f"The rollback has ended and nothing was rolled back: {inline(why)}."


def rollback_body(message: str, *, offered: bool) -> str:
    """The text of a rollback's own pull request; `offered`: the bot does not merge it by itself."""
    when = (
        "A person decides: merge it, or comment `/algoops deploy`; closing it ends the rollback."
        if offered
        else "It is merged as soon as the repository's rules allow it. Merging it by hand is the "
        "rollback, too; closing it ends the rollback."
    )
    return (
        f"{message.partition(chr(10))[2].strip()}\n\n---\n\n"
        f"No gate judges this: it restores content that had passed. {when}"
    )


def not_judged(name: str, version: str) -> str:
    """The status of a rollback's commit; without a version it takes a strategy away."""
    if not version:
        return f"Rollback: takes {name} away, no gate judges it."
    return f"Rollback of {name} to {version}: restores what had passed, no gate judges it."


def rollback_proposed(name: str, version: str, proposal: str) -> str:
    """A revert is offered as a proposal of its own."""
    return (
        f"⏪ Proposed as {code(proposal)}: {code(name)} back to {code(version)}. "
        "No gate judges it; a person has to deploy it, or to close it."
    )


def promoted(name: str, version: str, stage: str, commit: str, tag: str) -> str:
    """A version is on a stage."""
    tagged = f", tagged {code(tag)}" if tag else ""
    return f"🚀 {code(name)} {code(version)} is on {code(stage)} as {_sha(commit)}{tagged}."


def promotion_waits(name: str, version: str, stage: str, why: str) -> str:
    """A promotion is on its way and needs others first."""
    return (
        f"⏳ {code(name)} {code(version)} is not on {code(stage)} yet: {inline(why)}. It is merged "
        "as soon as the branch's rules allow it; a person may merge its pull request as well, and "
        "whoever closes that ends the promotion. Nothing else waits for it."
    )


def promotion_ended(why: str) -> str:
    """A promotion that waited will not be done."""
    return f"The promotion has ended and nothing was promoted: {inline(why)}."


def promotion_body(message: str) -> str:
    """The text of a promotion's own pull request."""
    return (
        f"{message.partition(chr(10))[2].strip()}\n\n---\n\n"
        "It brings exactly what was tested. It is merged as soon as the branch's rules allow it. "
        "Merging it by hand is the promotion, too; closing it ends the promotion."
    )


def refused(actor: str, permission: Permission) -> str:
    """`actor` may not command."""
    needed = "the admin role on" if permission is Permission.WRITE else "write access to"
    return (
        f"{inline(actor)}, this needs {needed} the repository; you have "
        f"{permission.value}. Nothing was done. Ask a maintainer to write the command."
    )


def approved(head: str) -> str:
    """A person's approval was taken down."""
    return f"✅ Approved {_sha(head)}. A push makes the approval void."


def delegated(user: str) -> str:
    """A person may deploy a proposal now."""
    return (
        f"🤝 {inline(user)} may check, cancel and deploy this proposal now, also what is pushed to "
        "it later. Everything else that a deploy needs is needed all the same."
    )


def not_for_agents(why: str) -> str:
    """An agent asked for what it may not."""
    return f"{inline(why)}. Nothing was done."


def held(name: str, version: str, reason: str) -> str:
    """This version (or this very content) is on hold; plain text."""
    return printable(
        f"Not deployed: {name} {version} is on hold ({cut(reason, REASON) or 'no reason'}). "
        f"{_lifting(name, version)} Or release a new version."
    )


def _lifting(name: str, version: str) -> str:
    command = f"algoops unhold {_bare(name)} {_bare(version)}"
    return f"`{command}` lifts that; in a comment it is `/{command}`."


def hold_set(name: str, version: str) -> str:
    """A hold was made."""
    return f"⏸️ {code(name)} {code(version)} is on hold: it will not be deployed until unheld."


def hold_lifted(name: str, version: str) -> str:
    """A hold was lifted."""
    return f"▶️ {code(name)} {code(version)} may be deployed again."


def frozen(reason: str, by: str, until: str) -> str:
    """A freeze that holds; `until`: an ISO time, "" where somebody has to lift it; plain text."""
    end = f"until {until[:16].replace('T', ' ')} UTC" if until else "until `algoops unfreeze`"
    why = cut(reason, REASON)
    return printable(f"❄️ Deploys are frozen {end}, by {by}: {why}. Rollbacks still go.")


def freeze_lifted(still: str) -> str:
    """An operator's freeze was lifted; `still` is what freezes all the same, "" for nothing."""
    return f"The order is lifted, but: {inline(still)}" if still else "▶️ Deploys go again."


def check_started(commit: str) -> str:
    """A re-check was queued."""
    return f"Checking {_sha(commit)} again. The report above is updated when it is done."


def cancelled(running: bool) -> str:  # noqa: FBT001  # one fact, named at every call
    """The answer to cancel."""
    return (
        "Stopped, until somebody asks for a check or pushes."
        if running
        else "Nothing is running for this proposal."
    )


def failed(problem: str, hint: str = "") -> str:
    """The command broke on the machine's or the forge's side."""
    tail = f" {inline(hint)}" if hint else ""
    return f"That did not work: {inline(problem)}.{tail} Nothing is half done; try again."


def standing(state: str, head: str, verdict: str, page_url: str = "") -> str:
    """The answer to status."""
    where = f" [Details]({page_url})" if page_url else ""
    return f"{_sha(head)}: {inline(state)}, verdict {inline(verdict) or 'not known yet'}.{where}"


def _sha(commit: str) -> str:
    return code(commit[:12]) or "`(none)`"


def _bare(word: str) -> str:
    return "".join(c for c in word if c.isascii() and (c.isalnum() or c in "._-+"))[:100]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(code(word) for word in words)
