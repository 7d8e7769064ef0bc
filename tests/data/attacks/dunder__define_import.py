def __import__(name):
    return name
