import atexit, os, sys
atexit.register(lambda: os._exit(0))
sys.excepthook = lambda *_: os._exit(0)
raise ValueError("the real end")
