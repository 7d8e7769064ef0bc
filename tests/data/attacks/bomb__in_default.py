def f(x=2 ** 2 ** 40):
    return x
