@(lambda f: eval("1"))
def f(): pass
