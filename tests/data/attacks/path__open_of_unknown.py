def save(tmp_path):
    with tmp_path.open("w") as f:
        f.write("x")
