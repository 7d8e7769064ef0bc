from warnings import showwarning as s
s("x", UserWarning, "/etc/passwd", 1)
