while 1 == 1:
    x = 1
