for i in ():
    pass
else:
    exec("1")
