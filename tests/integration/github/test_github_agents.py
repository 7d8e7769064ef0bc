"""What an agent submits, where the watched repository is on GitHub."""

from bot.agents.door import WatchedBot
from bot.agents.submit import proposal_of, submit
from bot.checks.folders import content_subject
from components.safe_tools.tree import given_folder


class Door:
    author = "ada"

    def __init__(self, world):
        self._bot = WatchedBot(world.store, next(iter(world.watched.values())))

    def bot(self):
        return self._bot


def subject(version):
    files = {"strategy.yaml": f"name: calm\nversion: {version}\n".encode()}
    return content_subject("calm", "strategies/calm", given_folder(files))


def test_a_second_submit_moves_the_same_pull_request(world, github):
    door = Door(world)
    first = submit(door, subject("1.0.0"), "calm", "Calm")
    second = submit(door, subject("1.0.1"), "calm", "Calmer")
    assert first.proposal == second.proposal
    assert first.proposal.startswith("pr/")
    found = proposal_of(door, "calm")
    assert (found.id, found.head, found.ref) == (first.proposal, second.commit, "agents/ada/calm")
    mirror = door.bot().watched.where.repository
    assert mirror.parents(second.commit) == (first.commit,)
