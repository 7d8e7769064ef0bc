x: list[eval("int")] = []
