def harmless(eval):
    return eval
eval("1")
