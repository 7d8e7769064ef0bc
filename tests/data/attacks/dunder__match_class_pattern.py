match ():
    case object(__class__=c):
        c.__base__
