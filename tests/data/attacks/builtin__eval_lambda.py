f = lambda s: eval(s)
