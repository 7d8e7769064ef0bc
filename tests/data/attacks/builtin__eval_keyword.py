sorted(["1"], key=exec)
