def f() -> exec("1"):
    pass
