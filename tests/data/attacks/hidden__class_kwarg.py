class A(x=eval):
    pass
