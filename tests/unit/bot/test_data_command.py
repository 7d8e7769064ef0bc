"""`algoops data`: what it prints, writes and returns."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app, load
from bot.config.settings import PROJECT

SAMPLES = Path(__file__).parents[2] / "data" / "imports"
load(["data"])


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text(f"policies: {PROJECT}/policies\ndata: {{dir: bars}}\n")
    monkeypatch.setenv("COLUMNS", "400")

    def go(*words):
        words = ["data", words[0], "--config", str(tmp_path / "config.yaml"), *map(str, words[1:])]
        return CliRunner().invoke(app, words)

    return go


def test_import_says_what_it_did_and_check_accepts_it(run, tmp_path):
    done = run("import", SAMPLES / "alphavantage.csv", "--symbol", "ACME")
    assert done.exit_code == 0, done.output
    assert "ACME_1d.parquet: 30 bars from 2024-01-02" in done.output
    assert "newest first: turned round" in done.output
    assert run("check").exit_code == 0
    again = run("import", SAMPLES / "stooq.csv", "--symbol", "ACME")
    assert (again.exit_code, "--force replaces it" in again.output) == (1, True)
    assert run("import", SAMPLES / "stooq.csv", "--symbol", "ACME", "--force").exit_code == 0


def test_one_refused_export_keeps_all_from_being_written(run, tmp_path):
    done = run("import", SAMPLES / "yfinance_two.csv", SAMPLES / "investing_few.csv")
    assert done.exit_code == 1
    assert "--date-format" in done.output
    assert not (tmp_path / "bars").exists()


def test_check_lists_impossible_and_suspicious_bars_of_any_file(run, tmp_path):
    rows = [f"2020-01-{day:02},10,10.1,9.9,10" for day in range(1, 25)]
    rows[10] = "2020-01-11,10,100,9.9,10"
    header = "Date,Open,High,Low,Close"
    (tmp_path / "spike.csv").write_text("\n".join([header, *rows, ""]))
    (tmp_path / "bad.csv").write_text(f"{header}\n2020-01-01,10,11,9,8\n")
    done = run("check", tmp_path / "spike.csv", tmp_path / "bad.csv", "--format", "json")
    spike, bad = json.loads(done.output)
    assert done.exit_code == 1
    assert spike["refused"] == ""
    assert spike["findings"][0].startswith("data-spike: spike: spike.csv, line 12")
    assert "line 2 (2020-01-01 00:00:00): Close is below Low: 8 < 9" in bad["refused"]


def test_import_beside_a_url_asks_for_a_folder_and_writes_into_it(run, tmp_path):
    (tmp_path / "config.yaml").write_text("data: {dir: 's3://bars/daily'}\n")
    refused = run("import", SAMPLES / "stooq.csv", "--symbol", "ACME")
    assert (refused.exit_code, "--into FOLDER" in refused.output) == (2, True)
    done = run("import", SAMPLES / "stooq.csv", "--symbol", "ACME", "--into", tmp_path / "up")
    assert (done.exit_code, (tmp_path / "up" / "ACME_1d.parquet").is_file()) == (0, True)
