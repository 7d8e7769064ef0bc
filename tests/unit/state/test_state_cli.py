import json
import sqlite3

import pytest
import typer
from typer.testing import CliRunner

from bot.cli import audit, doctor, holdout, operate
from components.errors import AlgoOpsError
from components.state import DATABASE, Store
from components.state.tables.looks import SealedLook, SealedPart


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("state: {dir: kept}\n")
    return path


@pytest.fixture
def kept(config):
    with Store(config.parent / "kept" / DATABASE) as store:
        for number in range(5):
            store.audit.append("alice", "test.row", details={"n": number})
    return config.parent / "kept" / DATABASE


def run(*words):
    app = typer.Typer()
    for family in (audit, doctor, holdout, operate):
        family.register(app)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_intact_log_verifies_and_prints_its_head(config, kept):
    done = run("audit", "verify", "--config", config)
    assert done.exit_code == 0
    assert "5 rows, none changed" in done.stdout
    head = done.stdout.split("head: ")[1].split()[0]
    assert run("audit", "verify", "--config", config, "--head", head).exit_code == 0
    other = run("audit", "verify", "--config", config, "--head", "5:" + "0" * 64)
    assert other.exit_code == 2
    assert "not the one that was noted" in other.stderr


def test_forged_log_is_named_and_exits_2(config, kept):
    raw = sqlite3.connect(kept)
    guard = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_log_no_update'")
    sql = guard.fetchone()[0]
    raw.execute("DROP TRIGGER audit_log_no_update")
    raw.execute("UPDATE audit_log SET actor = 'mallory' WHERE id = 3")
    raw.execute(sql)
    raw.commit()
    raw.close()
    done = run("audit", "verify", "--config", config, "--format", "json")
    assert done.exit_code == 2
    document = json.loads(done.stdout)
    assert (document["status"], document["problem"]["row"]) == ("broken", 3)


def test_backup_is_made_and_verifies_alone(config, kept, tmp_path):
    target = tmp_path / "copy.db"
    done = run("backup", target, "--config", config)
    assert done.exit_code == 0
    assert run("audit", "verify", "--database", target).exit_code == 0
    again = run("backup", target, "--config", config)
    assert isinstance(again.exception, AlgoOpsError)
    assert run("backup", target, "--config", config, "--force").exit_code == 0


@pytest.mark.parametrize("words", [["audit", "verify"], ["backup", "copy.db"]])
def test_nothing_to_look_at_yet_is_said(config, words):
    done = run(*words, "--config", config)
    assert "there is no database" in str(done.exception)


@pytest.mark.parametrize("head", ["5", "x:y", "5:a:b", "²:a"])
def test_head_that_nobody_printed_is_refused(config, kept, head):
    assert "COUNT:HASH" in str(run("audit", "verify", "--config", config, "--head", head).exception)


@pytest.mark.parametrize("words", [["audit", "verify"], ["doctor"], ["status"]])
def test_unknown_format_is_refused_before_anything_is_looked_at(config, words):
    done = run(*words, "--config", config, "--format", "xml")
    assert done.exit_code == 2
    assert "'xml' is not one of" in done.stderr
    assert not (config.parent / "kept").exists()


def test_operator_sees_the_figures_of_looks_and_that_is_on_record(config):
    config.write_text(
        "state: {dir: kept}\nrepositories: [{name: demo, path: demo.git}]\n", encoding="utf-8"
    )
    part = SealedPart("family", "2015-01-01", "2018-12-31")
    figures = {"symbol": "SPX", "status": "passed", "open_sharpe": 1.25, "sealed_sharpe": -0.5}
    look = SealedLook(
        repository="demo",
        strategy="sma",
        tree="tree",
        content="x",
        parts=(part,),
        agrees=False,
        figures={"symbols": [figures]},
        proposal="pr/1",
    )
    with Store(config.parent / "kept" / DATABASE) as store:
        store.looks.take(look, 10)
    told = run("holdout", "show", "--config", config)
    assert told.exit_code == 0, told.output
    for word in ("sma", "pr/1", "does not", "1.25", "-0.50"):
        assert word in told.stdout
    document = json.loads(run("holdout", "show", "--config", config, "--format", "json").stdout)
    assert document["looks"][0]["figures"]["symbols"] == [figures]
    with Store(config.parent / "kept" / DATABASE) as store:
        rows = store.audit.list(event="holdout.shown")
    assert len(rows) == 2
    assert rows[0].actor.startswith("cli:")
