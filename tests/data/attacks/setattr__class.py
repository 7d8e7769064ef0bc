class S:
    pass
s = S()
setattr(s, "__cl" + "ass__", int)
