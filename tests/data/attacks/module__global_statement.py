import numpy
tool = None
def set_it():
    global tool
    tool = numpy
def use():
    return tool.load("x.npy")
