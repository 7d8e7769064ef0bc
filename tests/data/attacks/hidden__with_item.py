with __import__("os") as o:
    pass
