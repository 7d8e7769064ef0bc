"""The daemon as a GitHub App: the verdict is a check run with the lines at fault."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.e2e.github.conftest import bad, wait_for


def test_as_an_app_the_verdict_is_a_check_run_with_lines(make_stage, tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "app.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    stage = make_stage(token="", app_id="77", installation_id=5, private_key_file=str(file))
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    stage.github.app(77, public.decode())
    stage.start()
    pull = stage.propose("feature", bad())

    def completed():
        runs = list(stage.repo.check_runs.values())
        return [r for r in runs if r["name"] == "algoops" and r["status"] == "completed"]

    (run,) = wait_for(completed, "the check run")
    assert run["conclusion"] == "failure"
    assert run["head_sha"] == pull.head_sha
    assert {note["path"] for note in run["annotations"]} == {"strategies/alpha/strategy.py"}
    assert stage.repo.marks == []
    assert stage.comments(pull, by="app77[bot]")
    stage.quiet()
    before = len(stage.github.asked())
    again = stage.propose("another", bad("beta"))
    stage.reported(again)
    stage.quiet()
    calls = [f"{r.verb} {r.path}" for r in stage.github.asked()[before:]]
    assert len(calls) <= 4, calls
    assert list(stage.repo.status_of(again.head_sha)) == ["algoops"]
    again_for_a_fork(stage)


def again_for_a_fork(stage):
    """GitHub names no pull request in a check run of a fork's commit: its head has to do."""
    fork = stage.github.repo("eve/strategies", {"x": b"1"}, eve="admin")
    fork.git.copy_objects(stage.git, "refs/heads/main", "refs/heads/main")
    stage.github.branch(fork, "evil", bad("forked"), "eve")
    pull = stage.github.state.open_pull(stage.repo, "evil", "eve", head_repo=fork)
    stage.reported(pull)
    stage.quiet()
    run = {"id": 1, "head_sha": pull.head_sha, "pull_requests": []}
    facts = {"action": "rerequested", "check_run": run}
    stage.github.deliverer.notice(stage.repo, "check_run", facts, "ann")
    wait_for(lambda: len(stage.runs(pull)) == 2, "the second run")
    stage.quiet()
    assert {r.head for r in stage.runs(pull)} == {pull.head_sha}
