while not False:
    pass
