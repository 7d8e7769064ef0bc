import shutil

from bot.config.settings import PROJECT, load
from bot.daemon.doctor import _data, _policies, examine


def symptoms(tmp_path, text):
    file = tmp_path / "config.yaml"
    file.write_text(f"policies: {PROJECT}/policies\nsandbox: {{backend: bubblewrap}}\n{text}")
    return {s.what: s for s in examine(load(file, env={}))}


def test_doctor_looks_at_every_data_file_though_the_first_is_broken(tmp_path):
    (tmp_path / "A_1d.csv").write_bytes(bytes(range(256)))
    good = "Date,Open,High,Low,Close\n2020-01-01,1,1,1,1\n2020-01-02,1,1,1,1\n"
    (tmp_path / "B_1d.csv").write_text(good)
    found = symptoms(tmp_path, f"data: {{dir: {tmp_path}}}\n")
    assert not found["data A 1d"].well
    assert "\n" not in found["data A 1d"].seen
    assert found["data B 1d"].seen == "2 bars to 2020-01-02"


def test_doctor_lists_skipped_files_and_suspicious_bars(tmp_path):
    rows = [f"2020-01-{day:02},10,10.1,9.9,10" for day in range(1, 25)]
    rows[10] = "2020-01-11,10,100,9.9,10"
    (tmp_path / "BTC_USDT_1D.csv").write_text("\n".join(["Date,Open,High,Low,Close", *rows, ""]))
    (tmp_path / "prices.csv").write_text("")
    (tmp_path / "notes.md").write_text("")
    file = tmp_path / "config.yaml"
    file.write_text(f"policies: {PROJECT}/policies\ndata: {{dir: {tmp_path}}}\n")
    found = [s for s in _data(load(file, env={})) if s.what != "data file config.yaml"]
    assert [(s.what, s.well, s.warning) for s in found] == [
        ("data BTC_USDT 1d", True, False),
        ("data BTC_USDT 1d", True, True),
        ("data BTC_USDT 1d", True, True),
        ("data file notes.md", True, False),
        ("data file prices.csv", False, False),
    ]
    assert "BTC_USDT_1D.csv, line 12 (2020-01-11 00:00:00): High 100 is +900.0%" in found[1].seen
    assert "its name has no _INTERVAL" in found[4].seen


def test_doctor_survives_a_state_folder_that_is_a_file(tmp_path):
    (tmp_path / "taken").touch()
    found = symptoms(tmp_path, "state: {dir: taken}\n")
    assert not found["disk"].well
    assert found["disk"].advice == "check `state.dir`"


def test_doctor_warns_of_a_wall_clock_limit_that_a_busy_machine_would_reach(tmp_path):
    shutil.copytree(PROJECT / "policies", tmp_path / "policies")
    file = tmp_path / "config.yaml"
    file.write_text("policies: policies\n")
    assert [s.what for s in _policies(load(file, env={}))] == ["policies"]
    (tmp_path / "policies/sandbox.yaml").write_text(
        "schema_version: '1'\nlimits: {wall_s: 60, cpu_s: 60}\nsmoke: {wall_s: 30, cpu_s: 30}\n"
    )
    _, backtest, smoke = _policies(load(file, env={}))
    assert (backtest.well, backtest.warning) == (True, True)
    assert backtest.seen.startswith("limits.wall_s is 60 s for 60 s of cpu_s")
    assert "set limits.wall_s to 300" in backtest.advice
    assert "set smoke.wall_s to 150" in smoke.advice
