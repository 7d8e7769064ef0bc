class X:
    __class_getitem__ = exec
X["import os"]
