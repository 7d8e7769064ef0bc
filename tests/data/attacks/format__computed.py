("{0.__cl" + "ass__}").format(1)
