from bot.config.settings import PROJECT, load
from bot.daemon.doctor import examine


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


def test_doctor_survives_a_state_folder_that_is_a_file(tmp_path):
    (tmp_path / "taken").touch()
    found = symptoms(tmp_path, "state: {dir: taken}\n")
    assert not found["disk"].well
    assert found["disk"].advice == "check `state.dir`"
