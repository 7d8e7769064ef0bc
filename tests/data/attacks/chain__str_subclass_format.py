class F(str):
    pass
F("{0.__class__}").format(1)
