def f():
    yield g.gi_frame.f_back.f_back
g = f()
[x for x in g]
