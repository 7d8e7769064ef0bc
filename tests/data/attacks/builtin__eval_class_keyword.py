class X(metaclass=eval):
    pass
