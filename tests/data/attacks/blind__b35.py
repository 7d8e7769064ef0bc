import numpy as np
def g(): return locals()["np"]
