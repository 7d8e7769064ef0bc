type(str)("X", (), {})
