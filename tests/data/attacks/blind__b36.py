import numpy as np
d = dict(n=np)
d["n"].load("x")
