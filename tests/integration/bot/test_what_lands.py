"""What a deploy lands is what the report listed: strategies, policies and every other file."""

import json
import threading

import pytest
import yaml

from bot.checks.lands import MOST_PATHS
from bot.checks.run import run_checks, take_snapshot
from bot.checks.strategy import Asked
from bot.core.orders import DeployOrder
from bot.demo.author import git
from bot.deploy.deploys import deploy
from bot.proposals.check import known_verdict
from bot.report.markdown import markdown, plain
from components.ports import Permission
from components.schema.results.report import Change
from components.schema.results.values import CheckName, Outcome, Verdict
from tests.deploy_support import deploy_at_once, push, reported
from tests.stage_support import new_stage

GATE = "gates:\n  - {id: some-trades, metric: trades, op: '>=', value: 1}\n"
NO_GATE = "gates: []\n"


@pytest.fixture
def stage(tmp_path):
    stage = new_stage(tmp_path / "stage", ("rsi_reversion",))
    settings = yaml.safe_load(stage.config.read_text())
    settings["repositories"][0]["policies"] = "rules"
    stage.config.write_text(yaml.safe_dump(settings))
    return stage


@pytest.fixture
def world(stage, world_on):
    return world_on(stage.config)


def write(stage, path, text="x\n"):
    file = stage.author.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def add(stage, branch, words="more"):
    """Commit what was done in the clone on top of the branch."""
    return stage.author.push(branch, words)


def put_on_base(stage, files):
    stage.author.start("main")
    for path, text in files.items():
        write(stage, path, text)
    stage.author.push("main", "On the base")


def report_of(world, branch):
    """The whole report of a proposal whose strategies are known to have passed."""
    watched = world.repository("demo")
    reported(world, branch)
    proposal = watched.forge.proposal(f"branch/{branch}")
    snapshot = take_snapshot(watched.where, proposal, watched.forge.base())
    asked = Asked(
        known=lambda key: known_verdict(world.store, key),
        tell=lambda *_: None,
        cancelled=threading.Event(),
        run_id="1",
    )
    return run_checks(watched.where, snapshot, world.bench, watched.proposals, asked)[1]


def order(world, branch, **more):
    return deploy(world, world.repository("demo"), DeployOrder(f"branch/{branch}", "ada", **more))


def on_base(stage, path):
    return stage.git("ls-tree", "-r", "--name-only", "main", path).split("\n")


# --- strategies --------------------------------------------------------------------------------


def test_live_strategy_removed_beside_a_new_one_is_a_row_and_is_named_by_the_deploy(stage, world):
    push(stage, "feature", "fine")
    git(stage.author.folder, "rm", "-rq", "strategies/rsi_reversion")
    add(stage, "feature")
    report = report_of(world, "feature")
    assert [(r.name, r.change, r.live) for r in report.lands.strategies] == [
        ("fine", Change.ADDED, ""),
        ("rsi_reversion", Change.DELETED, "1.0.0"),
    ]
    assert "removes rsi_reversion 1.0.0" in report.summary
    assert "`rsi_reversion`" in markdown(report)
    assert "a deploy takes it away" in markdown(report)
    assert "rsi_reversion: removed" in plain(report)
    done = order(world, "feature", name="fine")
    assert done.ok, done.message
    assert "Removed: `rsi_reversion 1.0.0`" in done.message
    assert "rsi_reversion 1.0.0 removed" in done.data["landed"]
    assert "remove rsi_reversion" in stage.git("log", "-1", "--format=%s", "main")


def test_renamed_strategy_says_what_it_was_and_that_the_old_one_goes(stage, world):
    push(stage, "feature", "fine")
    git(stage.author.folder, "mv", "strategies/rsi_reversion", "strategies/rsi_again")
    file = stage.author.folder / "strategies/rsi_again/strategy.yaml"
    file.write_text(file.read_text().replace("name: rsi_reversion", "name: rsi_again"))
    add(stage, "feature")
    report = report_of(world, "feature")
    row = report.lands.strategies[1]
    assert (row.name, row.change, row.was, row.live) == (
        "rsi_again",
        Change.RENAMED,
        "rsi_reversion",
        "1.0.0",
    )
    assert "renamed from rsi\\_reversion" in markdown(report).replace("rsi_r", "rsi\\_r")
    before = stage.git("rev-parse", "main")
    done = order(world, "feature")
    assert "Removed: `rsi_reversion 1.0.0, now rsi_again`" in done.message
    (gone,) = world.store.deployments.list("demo", "rsi_reversion", limit=1)
    assert (gone.reason, gone.base_before) == ("renamed to rsi_again", before)


def test_removal_alone_is_listed_and_lands_with_its_name(stage, world):
    stage.author.start("gone")
    git(stage.author.folder, "rm", "-rq", "strategies/rsi_reversion")
    add(stage, "gone")
    report = report_of(world, "gone")
    assert report.verdict is Verdict.NEUTRAL
    assert "algoops deploy rsi_reversion --ref gone" in markdown(report)
    done = order(world, "gone", name="rsi_reversion")
    assert done.ok, done.message
    assert "`rsi_reversion 1.0.0`" in done.message
    assert stage.git("log", "-1", "--format=%s", "main") == "Remove rsi_reversion"


def test_strategy_that_comes_back_in_another_case_is_a_rename_and_refused_as_a_twin(stage, world):
    stage.author.start("case")
    git(stage.author.folder, "mv", "strategies/rsi_reversion", "strategies/RSI_reversion")
    add(stage, "case")
    report = report_of(world, "case")
    assert [(r.name, r.was) for r in report.lands.strategies] == [
        ("RSI_reversion", "rsi_reversion")
    ]


# --- other files -------------------------------------------------------------------------------


def test_every_other_file_is_listed_with_what_is_odd_about_it(stage, world):
    put_on_base(stage, {"run.sh": "echo\n", "old.md": "old\n"})
    push(stage, "feature", "fine")
    write(stage, "WHY.md")
    write(stage, ".github/workflows/ci.yml", "on: push\n")
    (stage.author.folder / "link").symlink_to("/etc/passwd")
    (stage.author.folder / "run.sh").chmod(0o755)
    (stage.author.folder / "old.md").unlink()
    write(stage, "strategies/NOTES.md")
    head = stage.git("rev-parse", "main")
    git(stage.author.folder, "update-index", "--add", "--cacheinfo", f"160000,{head},vendor")
    git(stage.author.folder, "add", "--all", "--", ":!vendor")
    git(stage.author.folder, "commit", "--quiet", "-m", "Much else")
    git(stage.author.folder, "push", "--quiet", "--force", "origin", "HEAD:refs/heads/feature")
    report = report_of(world, "feature")
    found = {p.path: (p.change, p.note) for p in report.lands.also}
    assert found == {
        ".github/workflows/ci.yml": (Change.ADDED, "a workflow that GitHub Actions runs"),
        "WHY.md": (Change.ADDED, ""),
        "link": (Change.ADDED, "a symbolic link"),
        "old.md": (Change.DELETED, ""),
        "run.sh": (Change.MODIFIED, "executable"),
        "strategies/NOTES.md": (Change.ADDED, ""),
        "vendor": (Change.ADDED, "a submodule"),
    }
    for path in found:
        assert f"`{path}`" in markdown(report)
        assert f"also: {path} (" in plain(report)


def test_deploy_names_every_file_that_landed(stage, world):
    push(stage, "feature", "fine")
    write(stage, "README.md")
    write(stage, ".github/workflows/ci.yml", "on: push\n")
    add(stage, "feature")
    reported(world, "feature")
    done = order(world, "feature")
    assert "Also changed: `.github/workflows/ci.yml`, `README.md`." in done.message
    row = next(r for r in world.store.audit.list() if r.event == "landing.other_files")
    assert row.details["also"] == [".github/workflows/ci.yml", "README.md"]


def test_hostile_file_names_are_shown_and_do_nothing(stage, world):
    push(stage, "feature", "fine")
    hostile = ["a|b`c.md", "<img src=x>", "\x1b[2Jx", "@team.md", "x\n# y"]
    for name in hostile:
        write(stage, name)
    add(stage, "feature")
    report = report_of(world, "feature")
    assert len(report.lands.also) == len(hostile)
    text = markdown(report)
    assert "<img" not in text.replace("`<img src=x>`", "")
    assert "\x1b" not in text + plain(report)
    assert "\n# y" not in text


def test_more_files_than_can_be_listed_do_not_land(stage, world):
    push(stage, "feature", "fine")
    for number in range(MOST_PATHS + 5):
        write(stage, f"notes/{number}.md")
    add(stage, "feature")
    report = report_of(world, "feature")
    assert report.verdict is Verdict.FAILED
    assert report.findings[0].rule == "too-many-paths"
    assert len(report.lands.also) == MOST_PATHS
    refused = order(world, "feature")
    assert (refused.ok, refused.code) == (False, "not_ready")
    assert "notes" not in "".join(on_base(stage, "."))


# --- shown, then changed -----------------------------------------------------------------------


def test_base_that_moves_so_that_more_would_land_stops_the_deploy(stage, world):
    """The branch carries a file that the base had at that time, and takes out after the report."""
    put_on_base(stage, {"limits.txt": "1\n"})
    push(stage, "feature", "fine")
    write(stage, "limits.txt", "2\n")
    add(stage, "feature")
    put_on_base(stage, {"limits.txt": "2\n"})
    reported(world, "feature")
    assert report_of(world, "feature").lands.also == ()
    put_on_base(stage, {"limits.txt": "1\n"})
    refused = order(world, "feature")
    assert (refused.ok, refused.code) == (False, "unseen")
    assert "limits.txt (modified)" in refused.message
    assert stage.git("show", "main:limits.txt") == "1"
    assert world.store.jobs.lease("w", 60).kind == "check"  # the new report is on its way
    reported(world, "feature")
    assert order(world, "feature").ok


def test_base_that_moves_elsewhere_needs_no_new_report(stage, world):
    push(stage, "feature", "fine")
    write(stage, "README.md")
    add(stage, "feature")
    reported(world, "feature")
    put_on_base(stage, {"other.md": "x\n"})
    assert order(world, "feature").ok


def test_report_of_an_older_version_is_made_anew_before_anything_lands(stage, world):
    push(stage, "feature", "fine")
    reported(world, "feature")
    run = world.store.runs.latest("demo", "branch/feature")
    old = yaml.safe_load(world.store.runs.get(run.id).report)
    del old["lands"], old["checks"]
    with world.store.transaction():
        world.store._db.execute(
            "UPDATE runs SET report = ? WHERE id = ?", (json.dumps(old), run.id)
        )
    refused = order(world, "feature")
    assert (refused.ok, refused.code) == (False, "unseen")
    assert "older version" in refused.message
    assert world.store.jobs.lease("w", 60).kind == "check"


def test_two_proposals_on_one_file_land_one_after_the_other_as_shown(stage, world):
    lines = "".join(f"{n}\n" for n in range(40))
    put_on_base(stage, {"README.md": lines})
    push(stage, "a", "one")
    write(stage, "README.md", "first\n" + lines)
    add(stage, "a")
    push(stage, "b", "two")
    write(stage, "README.md", lines + "last\n")
    add(stage, "b")
    for branch in "ab":
        reported(world, branch)
    outcomes = dict(deploy_at_once(world, ["a", "b"]))
    assert all("Also changed: `README.md`." in o.message for o in outcomes.values())


# --- policies ----------------------------------------------------------------------------------


@pytest.fixture
def loosened(stage, world):
    put_on_base(stage, {"rules/risk.yaml": GATE})
    push(stage, "feature", "fine")
    write(stage, "rules/risk.yaml", NO_GATE)
    add(stage, "feature")
    return report_of(world, "feature")


def test_loosened_policies_are_a_check_of_their_own_in_words(loosened):
    (check,) = loosened.checks
    assert (check.name, check.outcome) == (CheckName.POLICY_CHANGE, Outcome.FAILED)
    assert loosened.verdict is Verdict.FAILED
    assert loosened.strategies[0].verdict is Verdict.PASSED
    assert [p.path for p in loosened.lands.policies] == ["rules/risk.yaml"]
    for text in (markdown(loosened), plain(loosened)):
        assert "rules/risk.yaml" in text
        assert "removes the gate" in text
        assert "second person with the admin role" in text


def test_loosened_policies_do_not_land_by_an_order_like_any_other(stage, world, loosened):
    refused = order(world, "feature")
    assert (refused.ok, refused.code) == (False, "policy_change")
    assert "removes the gate" in refused.message
    assert "--accept-policy-change" in refused.message
    assert "gates: []" not in stage.git("show", "main:rules/risk.yaml")


def test_loosened_policies_land_when_an_admin_accepts_them(stage, world, loosened):
    done = order(world, "feature", source="cli", admin=True)
    assert done.ok, done.message
    assert "Changed policies: `rules/risk.yaml`." in done.message
    assert "gates: []" in stage.git("show", "main:rules/risk.yaml")
    assert "Policy-change: " in stage.git("log", "-1", "--format=%B", "main")
    statuses = next((stage.state / "reports/demo/+statuses").glob("*.json")).read_text()
    assert "accepted by ada" in statuses


@pytest.mark.parametrize(
    ("actor", "permission", "ok"),
    [
        ("boss", Permission.ADMIN, True),
        ("boss", Permission.WRITE, False),
        ("Algo Author", Permission.ADMIN, False),
        ("algo author", Permission.ADMIN, False),
    ],
)
def test_comment_lands_policies_only_of_an_admin_who_is_not_the_author(
    world, loosened, monkeypatch, actor, permission, ok
):
    watched = world.repository("demo")
    author = watched.forge.proposal("branch/feature").author
    monkeypatch.setattr(watched.forge, "permission", lambda _actor: permission)
    name = actor if actor == "boss" else (author if actor[0] == "A" else author.upper())
    asked = DeployOrder("branch/feature", name, source="comment")
    assert deploy(world, watched, asked).ok is ok


def test_permission_that_was_taken_away_after_the_report_counts(world, loosened, monkeypatch):
    watched = world.repository("demo")
    asked = []
    monkeypatch.setattr(
        watched.forge, "permission", lambda actor: asked.append(actor) or Permission.WRITE
    )
    refused = deploy(world, watched, DeployOrder("branch/feature", "boss", source="comment"))
    assert not refused.ok
    assert asked == ["boss"]


def test_repository_may_take_no_policies_from_proposals_at_all(stage, world_on):
    settings = yaml.safe_load(stage.config.read_text())
    settings["repositories"][0]["policy_changes"] = "refuse"
    stage.config.write_text(yaml.safe_dump(settings))
    put_on_base(stage, {"rules/risk.yaml": GATE})
    push(stage, "feature", "fine")
    write(stage, "rules/risk.yaml", NO_GATE)
    add(stage, "feature")
    world = world_on(stage.config)
    report = report_of(world, "feature")
    assert "takes no policies from proposals" in markdown(report)
    refused = order(world, "feature", source="cli", admin=True)
    assert (refused.ok, refused.code) == (False, "policy_change")


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        ({"rules/risk.yaml": f"# why\n{GATE}"}, Outcome.PASSED),
        ({"rules/README.md": "what holds\n"}, None),
        ({"rules/risk.yaml": GATE.replace("value: 1", "value: 9")}, Outcome.FAILED),
        ({"rules/code.yaml": "modules: {os: {}, socket: {}}\n"}, Outcome.FAILED),
        ({"rules/risk.yaml": None}, Outcome.FAILED),
    ],
    ids=["comment only", "no policy", "tightened", "another file", "removed"],
)
def test_what_counts_as_a_change_of_policies(stage, world, files, outcome):
    put_on_base(stage, {"rules/risk.yaml": GATE})
    push(stage, "feature", "fine")
    for path, text in files.items():
        if text is None:
            (stage.author.folder / path).unlink()
        else:
            write(stage, path, text)
    add(stage, "feature")
    report = report_of(world, "feature")
    assert [c.outcome for c in report.checks] == ([outcome] if outcome else [])
    assert {p.path for p in report.lands.policies} == set(files)
    assert order(world, "feature").ok is (outcome is not Outcome.FAILED)


def test_folder_of_policies_that_becomes_a_link_is_a_change_of_policies(stage, world):
    put_on_base(stage, {"rules/risk.yaml": GATE})
    push(stage, "feature", "fine")
    git(stage.author.folder, "rm", "-rq", "rules")
    (stage.author.folder / "rules").symlink_to("strategies")
    add(stage, "feature")
    report = report_of(world, "feature")
    assert [c.outcome for c in report.checks] == [Outcome.FAILED]
    assert {p.path: p.note for p in report.lands.policies}["rules"] == "a symbolic link"
    assert not order(world, "feature").ok


def test_proposal_of_nothing_but_policies_lands_by_an_admin(stage, world):
    put_on_base(stage, {"rules/risk.yaml": GATE})
    stage.author.start("rules")
    write(stage, "rules/risk.yaml", NO_GATE)
    add(stage, "rules")
    assert report_of(world, "rules").verdict is Verdict.FAILED
    assert order(world, "rules").code == "policy_change"
    done = order(world, "rules", source="cli", admin=True)
    assert done.ok, done.message
    assert "Changed policies: `rules/risk.yaml`" in done.message
    assert stage.git("log", "-1", "--format=%s", "main") == "Change policies"
