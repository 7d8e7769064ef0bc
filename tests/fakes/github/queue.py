"""The fake's merge queue: one group for each pull request, on top of those ahead of it."""

from tests.fakes.github.state import Pull, Repo, State

QUEUE = "github-merge-queue[bot]"


def enqueue(state: State, repo: Repo, pull: Pull, head: str, by: str, *, jump: bool) -> str:
    """Put a pull request into the queue; why not, or ""."""
    with state.lock:
        why = _refusal(state, repo, pull, head, by, jump=jump)
        if not why:
            repo.queue.insert(0 if jump else len(repo.queue), pull.number)
            state.notify_pull(repo, pull, "enqueued", by)
            _form_groups(state, repo, by)
        return why


def _refusal(state: State, repo: Repo, pull: Pull, head: str, by: str, *, jump: bool) -> str:
    if "merge_queue" not in repo.rules:
        return "Merge queue is not enabled for this branch"
    if head and head != pull.head_sha:
        return "Head branch was modified. Review and try the merge again."
    if pull.number in repo.queue:
        return "Pull request is already in the merge queue"
    if jump and repo.collaborators.get(by) != "admin":
        return "You do not have permission to jump the queue"
    return state.not_ready(repo, pull)


def dequeue(state: State, repo: Repo, pull: Pull, by: str) -> None:
    """Take a pull request out of the queue; the groups behind it are formed anew."""
    with state.lock:
        repo.queue.remove(pull.number)
        _drop_group(repo, pull.number)
        state.notify_pull(repo, pull, "dequeued", by)
        _form_groups(state, repo, by)


def run_queue(state: State, repo: Repo) -> None:
    """Merge what is first in the queue for as long as its group's checks are green."""
    with state.lock:
        while repo.queue:
            pull = repo.pulls[repo.queue[0]]
            group = repo.groups[pull.number]
            green = repo.status_of(group)
            found = {green.get(context, "pending") for context in repo.required}
            if found & {"failure", "error"}:
                dequeue(state, repo, pull, QUEUE)
            elif found <= {"success", "neutral"}:
                repo.git.move(f"refs/heads/{pull.base_ref}", group)
                state.closed_as_merged(repo, pull, group, QUEUE)
                dequeue(state, repo, pull, QUEUE)
                state.sync(repo, QUEUE)
            else:
                return


def _form_groups(state: State, repo: Repo, by: str) -> None:
    tip = repo.git.tip(f"refs/heads/{repo.base}")
    for number in list(repo.queue):
        pull = repo.pulls[number]
        old = repo.groups.get(number, "")
        if not old or repo.git.run("rev-parse", f"{old}^1") != tip:
            _drop_group(repo, number)
            tree = repo.git.merge_tree(tip, pull.head_sha)
            if not tree:
                dequeue(state, repo, pull, by)
                return
            _form(state, repo, pull, tip, tree)
        tip = repo.groups[number]


def _form(state: State, repo: Repo, pull: Pull, tip: str, tree: str) -> None:
    parents = (tip, pull.head_sha) if repo.queue_method == "merge" else (tip,)
    made = repo.git.commit_tree(tree, *parents, message=f"{pull.title} (#{pull.number})")
    repo.groups[pull.number] = made
    branch = f"gh-readonly-queue/{repo.base}/pr-{pull.number}-{tip}"
    repo.git.move(f"refs/heads/{branch}", made)
    facts = {"action": "checks_requested", "group": (branch, made, tip)}
    state.notify(repo, "merge_group", facts, QUEUE)


def _drop_group(repo: Repo, number: int) -> None:
    repo.groups.pop(number, "")
    for ref in repo.git.branches():
        if ref.startswith(f"refs/heads/gh-readonly-queue/{repo.base}/pr-{number}-"):
            repo.git.move(ref, None)
