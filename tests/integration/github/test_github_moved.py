"""A repository that is renamed or transferred, one that never was, rules that do not suit."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.config.settings import PROJECT, load
from bot.daemon.doctor import _repositories
from components.errors import TransientError, UserError
from components.ports import StatusState
from tests.fakes.github.server import Fault
from tests.integration.github.test_github_landing import prepared, revert


def test_repository_that_is_transferred_while_the_bot_runs_goes_on(desk):
    pull = desk.propose()
    desk.forge.fetch()
    desk.github.state.rename(desk.repo, "newowner/strats")
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    desk.forge.set_status(pull.head_sha, "algoops", StatusState.SUCCESS, "ok", "")
    commit = desk.forge.land(landing)
    assert desk.git.tip("refs/heads/main") == commit
    assert desk.repo.status_of(pull.head_sha) == {"algoops": "success"}


def test_new_name_is_said_once_and_the_number_stays(desk):
    desk.forge.fetch()
    number = desk.forge.number
    desk.github.state.rename(desk.repo, "newowner/strats")
    with capture_logs() as logs:
        forge = desk.connect()
        forge.fetch()
        forge.ping()
        forge.fetch()
    assert forge.number == number
    said = [line for line in logs if "another name" in line["event"]]
    assert [(line["configured"], line["now"]) for line in said] == [
        ("acme/strategies", "newowner/strats")
    ]
    forge.close()
    forge.mirror.close()


def test_rollback_in_a_transferred_repository_finds_its_own_pull_request(desk):
    desk.github.state.rename(desk.repo, "newowner/strats")
    landing = revert(desk)
    again = desk.forge.propose(landing.proposal.ref, landing.commit, "Roll back", "")
    assert again == landing.proposal.id
    assert desk.forge.land(landing) == desk.git.tip("refs/heads/main")


def test_typo_in_the_repository_is_named(desk):
    forge = desk.connect(repository="acme/stratgies")
    with pytest.raises(TransientError, match="no repository acme/stratgies") as caught:
        forge.ping()
    assert "github.repository" in caught.value.hint
    forge.close()
    forge.mirror.close()


@pytest.mark.parametrize(
    ("repository", "login", "what", "said"),
    [
        ("acme/stratgies", "bot", "repository main-repo", "no repository acme/stratgies"),
        ("acme/strategies", "", "repository main-repo", "does not accept the token"),
        ("acme/strategies", "reader", "permissions on main-repo", "needs write access"),
        ("acme/strategies", "bot", "", ""),
    ],
)
def test_doctor_names_a_repository_or_token_that_github_does_not_take(
    desk, tmp_path, repository, login, what, said
):
    file = tmp_path / "config.yaml"
    token = desk.github.token(login) if login else "ghp_wrong"
    file.write_text(
        f"policies: {PROJECT}/policies\nrepositories:\n  - name: main-repo\n    forge: github\n"
        f"    github: {{repository: {repository}, base_url: '{desk.github.api_url}',"
        f" token: {token}}}\n"
    )
    wrong = [one for one in _repositories(load(file, env={})) if not one.well]
    assert [one.what for one in wrong] == ([what] if what else [])
    assert all(said in one.seen and one.advice for one in wrong)


@pytest.mark.parametrize(
    ("rules", "deploy_by", "said"),
    [
        (["merge_queue"], "merge", []),
        (["merge_queue"], "push", ["merge queue"]),
        (["required_linear_history"], "push", ["linear history"]),
        (["required_linear_history"], "merge", []),
        ([], "push", []),
    ],
)
def test_doctor_names_rules_that_deploys_cannot_keep(desk, rules, deploy_by, said):
    desk.repo.rules = rules
    forge = desk.connect(deploy_by=deploy_by)
    found = forge.unsuited_rules()
    assert len(found) == len(said)
    assert all(words in sentence for words, sentence in zip(said, found, strict=True))
    forge.close()
    forge.mirror.close()


def test_changed_policies_do_not_enter_a_merge_queue_whose_groups_would_fail(desk):
    desk.repo.rules = ["merge_queue"]
    desk.propose()
    landing = replace(prepared(desk, desk.forge.proposal("pr/1")), may_queue=False)
    with pytest.raises(UserError, match="past the queue"):
        desk.forge.land(landing)
    assert desk.repo.queue == []


def test_redirect_to_another_host_gets_no_secret(desk):
    elsewhere = {"Location": "http://elsewhere.test/repositories/1/statuses/x"}
    desk.github.faults.append(Fault("POST", 307, headers=elsewhere))
    with pytest.raises(UserError, match="another host"):
        desk.forge.set_status("a" * 40, "algoops", StatusState.SUCCESS, "ok", "")
