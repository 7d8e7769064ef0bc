def test_a(tmp_path):
    (tmp_path / 'x').touch()
