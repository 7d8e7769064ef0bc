import numpy
class Box:
    pass
box = Box()
box.n = numpy
box.n.load("x")
