f = "{0.__class__}".format
f(1)
