import numpy
raise numpy
