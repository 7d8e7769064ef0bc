def f(x: "__import__('os').system('id')"):
    pass
