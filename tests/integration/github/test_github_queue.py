"""Deploys and rollbacks on a base with a merge queue: the queue lands them, the bot knows them."""

import pytest

from bot.core.events import Deploy, Freeze, Hold, Unfreeze
from bot.core.orders import DeployOrder
from bot.daemon.merge_groups import check_group
from bot.deploy.deploys import deploy
from bot.proposals.check import check_proposal
from bot.sources.webhook import parse
from tests.fakes.github.queue import dequeue, enqueue, run_queue
from tests.fakes.github.state import Mark
from tests.team_support import Team, job


class Queued(Team):
    """As `Team`, on a base with a merge queue that requires the status `algoops`."""

    def __init__(self, github, world, name):
        super().__init__(github, world, name)
        self.repo.rules, self.repo.queue_method = ["merge_queue"], "merge"
        self.repo.collaborators["bot"] = "admin"

    def propose(self, files, branch=""):
        """A pull request whose report is posted."""
        branch = branch or f"change-{self.name}"
        self.github.branch(self.repo, branch, files, "ann")
        pull = self.github.state.open_pull(self.repo, branch, "ann")
        check_proposal(self.world, job("check", self.pr, {"proposal": self.pr}))
        return pull

    def remove(self):
        """A pull request that takes the strategy away: nothing has to be backtested for it."""
        return self.propose({self.file: None})

    def deploy(self, pull, key="first"):
        return self.command(f"pr/{pull.number}", Deploy(), key)

    def check_groups(self):
        """What the webhook `merge_group` has the bot do for each group."""
        for ref, commit in self.git.branches().items():
            if ref.startswith("refs/heads/gh-readonly-queue/"):
                payload = {"ref": ref.removeprefix("refs/heads/")}
                check_group(self.world, job("group", commit, payload))

    def run_queue(self):
        self.check_groups()
        run_queue(self.github.state, self.repo)

    def said(self, pull):
        return [c.body for c in self.repo.comments.values() if c.number == pull.number]

    @property
    def is_archived(self):
        return self.world.store.strategies.get("team", self.name).deployed_version == ""


def freeze(team, key="freeze"):
    return team.command("", Freeze("", "incident"), key)


@pytest.fixture
def team(github, world):
    made = Queued(github, world, f"queued{len(world.store.strategies.list())}")
    yield made
    for intent in world.store.intents.open():
        world.store.intents.settle(intent.id, "abandoned")
    made.repo.queue.clear()
    made.repo.groups.clear()
    made.repo.rules = []


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_deploy_enters_the_queue_and_is_the_deploy_once_the_queue_has_merged_it(team, method):
    team.repo.queue_method = method
    pull = team.remove()
    waits = team.deploy(pull)
    assert (waits.ok, waits.code) == (True, "waiting"), waits.message
    assert "is in the merge queue at place 1" in waits.message
    assert team.repo.queue == [pull.number]
    team.tick()
    assert not team.is_archived, "nothing is recorded before it has landed"
    team.run_queue()
    team.look()
    done = team.outcome()
    assert (done.ok, done.code) == (True, "deployed")
    assert done.data["commit"] == team.git.tip("refs/heads/main")
    assert team.is_archived
    (row,) = team.world.store.deployments.list(repository="team", name=team.name, limit=1)
    assert (row.kind, row.actor, row.proposal) == ("removal", "ada", f"pr/{pull.number}")
    assert team.world.store.intents.open() == []
    assert "Removed" in team.said(pull)[-1]
    team.tick()
    assert sum("Removed" in body for body in team.said(pull)) == 1


def test_deploy_through_the_queue_on_a_base_that_others_moved_tags_what_landed(team):
    other = Queued(team.github, team.world, f"{team.name}_ahead").remove()
    new = {team.file: team.git.run("show", f"main:{team.file}").replace("1.1.0", "1.2.0").encode()}
    pull = team.propose(new)
    enqueue(team.github.state, team.repo, other, other.head_sha, "ann", jump=False)
    waits = team.deploy(pull)
    assert "place 2" in waits.message
    team.run_queue()
    team.look()
    assert team.outcome().code == "deployed", team.outcome().message
    assert team.live == "1.2.0"
    landed = team.git.run("rev-parse", f"{team.name}/v1.2.0^{{commit}}")
    assert landed == team.git.tip("refs/heads/main")
    kinds = [d.kind for d in team.world.store.deployments.list(repository="team", name=team.name)]
    assert kinds == ["deploy", "external", "external"]


def test_freeze_takes_a_waiting_deploy_out_of_the_queue_and_lets_none_in(team):
    pull = team.remove()
    assert team.deploy(pull).code == "waiting"
    assert freeze(team).ok
    team.tick()
    assert team.repo.queue == []
    assert team.outcome().code == "given_up"
    assert "incident" in team.said(pull)[-1]
    assert team.deploy(pull, "again").code == "frozen"
    enqueue(team.github.state, team.repo, pull, pull.head_sha, "ann", jump=False)
    team.check_groups()
    (group,) = [c for r, c in team.git.branches().items() if "gh-readonly-queue" in r]
    assert team.repo.status_of(group) == {"algoops": "failure"}
    assert team.command("", Unfreeze("over"), "unfreeze").ok
    dequeue(team.github.state, team.repo, pull, "ann")
    assert team.deploy(pull, "third").code == "waiting"
    team.run_queue()
    team.look()
    assert team.is_archived


def test_what_the_queue_merged_before_a_freeze_is_the_deploy(team):
    pull = team.remove()
    team.deploy(pull)
    team.run_queue()
    freeze(team)
    team.look()
    assert team.outcome().code == "deployed"
    assert team.is_archived
    team.command("", Unfreeze("over"), "unfreeze")


def test_deploy_asked_for_twice_is_in_the_queue_once(team):
    pull = team.remove()
    team.deploy(pull)
    again = team.deploy(pull, "again")
    assert (again.ok, again.code) == (True, "waiting")
    assert "already" in again.message
    assert len(team.world.store.intents.open()) == 1
    asked = [r.body["query"] for r in team.github.asked("graphql") if "enqueue" in r.body["query"]]
    assert team.repo.queue == [pull.number]
    assert asked


def test_deploy_whose_proposal_is_taken_out_of_the_queue_ends_and_says_so(team):
    pull = team.remove()
    team.deploy(pull)
    dequeue(team.github.state, team.repo, pull, "ann")
    team.look()
    ended = team.outcome()
    assert (ended.ok, ended.code) == (False, "given_up")
    assert "taken out of the merge queue" in ended.message
    assert "taken out of the merge queue" in team.said(pull)[-1]
    assert team.world.store.intents.open() == []
    assert not team.is_archived
    assert team.deploy(pull, "again").code == "waiting", "asked again, it enters again"


def test_deploy_whose_group_fails_ends(team):
    pull = team.remove()
    team.deploy(pull)
    group = team.repo.groups[pull.number]
    team.repo.marks.append(Mark(group, "algoops", "failure", "", "", "bot"))
    run_queue(team.github.state, team.repo)
    team.look()
    assert team.outcome().code == "given_up"


def test_push_to_a_proposal_in_the_queue_ends_the_deploy_and_nothing_lands(team):
    pull = team.remove()
    team.deploy(pull)
    team.github.branch(team.repo, pull.head_ref, {"more.txt": b"x\n"}, "ann")
    team.look()
    assert team.outcome().code == "given_up"
    assert team.repo.queue == []


def test_hold_of_what_is_in_the_queue_takes_it_out(team):
    new = {team.file: team.git.run("show", f"main:{team.file}").replace("1.1.0", "1.3.0").encode()}
    pull = team.propose(new)
    team.deploy(pull)
    assert team.repo.queue == [pull.number]
    assert team.command("", Hold(team.name, "1.3.0", "not this one"), "hold").ok
    assert team.repo.queue == []
    assert team.outcome().code == "given_up"
    assert "not this one" in team.said(pull)[-1]


def test_queue_that_merges_something_else_is_no_deploy(team):
    """A squash that leaves something out, or an owner who changed the group."""
    pull = team.remove()
    team.deploy(pull)
    main = team.git.tip("refs/heads/main")
    files = {team.file: None, "unlisted.txt": b"not in the report\n"}
    team.repo.groups[pull.number] = team.git.commit(files, main, pull.head_sha, message="a group")
    team.repo.required = []
    run_queue(team.github.state, team.repo)
    team.look()
    ended = team.outcome()
    assert (ended.ok, ended.code) == (False, "given_up")
    assert "does not bring what was tested and listed" in ended.message
    (row,) = team.world.store.deployments.list(repository="team", name=team.name, limit=1)
    assert (row.kind, row.actor) == ("removal", "outside")


def test_deploy_that_the_queue_does_not_take_says_what_is_missing(team):
    team.repo.reviews = 1
    pull = team.remove()
    refused = team.deploy(pull)
    assert not refused.ok
    assert "waits for a review" in refused.message
    assert team.world.store.intents.open() == []


@pytest.mark.parametrize("level", ["admin", "write"])
def test_rollback_enters_the_queue_ahead_of_the_others_where_it_may(team, level):
    other = Queued(team.github, team.world, f"{team.name}_{level}").remove()
    enqueue(team.github.state, team.repo, other, other.head_sha, "ann", jump=False)
    team.before = set(team.repo.pulls)
    team.repo.collaborators["bot"] = level
    waits = team.roll_back()
    assert (waits.ok, waits.code) == (True, "waiting"), waits.message
    assert f"place {1 if level == 'admin' else 2}" in waits.message
    team.run_queue()
    team.look()
    assert team.outcome().code == "rolled_back", team.outcome().message
    assert team.is_rolled_back()
    assert f"refs/heads/{team.branch}" not in team.git.branches()


def test_rollback_that_a_person_takes_out_of_the_queue_ends_and_is_not_put_back(team):
    assert team.roll_back().code == "waiting"
    (number,) = team.repo.queue
    dequeue(team.github.state, team.repo, team.repo.pulls[number], "ann")
    team.look()
    assert team.outcome().code == "given_up"
    assert team.repo.queue == []
    assert team.world.store.intents.open() == []


def test_order_that_waits_for_a_review_keeps_no_other_order_from_landing(team):
    team.repo.rules = []
    pull = team.remove()
    team.repo.reviews = 1
    other = Queued(team.github, team.world, f"{team.name}_too")
    other.repo.rules, other.repo.reviews = [], 1
    second = other.remove()
    team.github.state.approve(team.repo, second, "zoe")
    waiting = team.watched.queue.join(DeployOrder(f"pr/{pull.number}", "ada"))
    done = deploy(team.world, team.watched, DeployOrder(f"pr/{second.number}", "ada"))
    assert done.code == "deployed", done.message
    assert f"#{pull.number} waits for a review" in str(waiting.outcome.exception())


def test_dequeued_proposal_has_the_bot_look_at_once():
    body = (
        b'{"action": "dequeued", "number": 7, "repository": {"full_name": "a/b"},'
        b' "pull_request": {"base": {"sha": "b0"}}}'
    )
    (event,) = parse("pull_request", "1", body)
    assert (type(event).__name__, event.commit) == ("BaseMoved", "b0")
