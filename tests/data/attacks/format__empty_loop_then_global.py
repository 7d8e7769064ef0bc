for t in ("{}",):
    pass
t += "{0.__class__}"
t.format(1)
