"{x.__init__.__globals__}".format(x=print)
