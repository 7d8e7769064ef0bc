while 2 > 1:
    x = 1
