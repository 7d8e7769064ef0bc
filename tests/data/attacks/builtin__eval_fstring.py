f"{eval('1')}"
