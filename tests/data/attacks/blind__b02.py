import numpy
numpy.random.mtrand.os.system("id")
