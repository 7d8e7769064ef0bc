(None or eval)("1")
