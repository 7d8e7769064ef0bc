def f():
    pass
try:
    "{0.__globals__.x}".format(f)
except AttributeError as e:
    e.obj
