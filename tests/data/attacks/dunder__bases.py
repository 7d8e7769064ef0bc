class A:
    pass
A.__bases__[0].__subclasses__()
