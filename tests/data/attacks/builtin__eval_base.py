class X(eval("object")):
    pass
