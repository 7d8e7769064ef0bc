import logging
@logging.os.system
def f():
    pass
