from numpy.lib import npyio
npyio.load("x")
