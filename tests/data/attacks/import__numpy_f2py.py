import numpy.f2py as f2py
f2py.compile("code")
