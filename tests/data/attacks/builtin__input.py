input("press")
