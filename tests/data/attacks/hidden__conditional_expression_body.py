(lambda: __import__("os"))() if 1 else 0
