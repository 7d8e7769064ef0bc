import os
os._exit(0)
raise AssertionError("never reached")
