eval = print
del eval
eval("1")
