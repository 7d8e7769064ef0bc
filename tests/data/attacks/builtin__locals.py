locals()["x"]
