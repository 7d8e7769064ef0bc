def setup_module(m):
    m.x = 1
