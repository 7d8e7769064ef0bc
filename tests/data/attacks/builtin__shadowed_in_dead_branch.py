if False:
    eval = print
eval("1")
